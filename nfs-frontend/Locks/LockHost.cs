using System.Net;
using System.Net.Sockets;

namespace Uss.NfsFrontend.Locks;

/// <summary>
/// A client that locks: the name that it calls itself, where it calls from, and which address of the server it calls. Names alone do not do:
/// machines that were copied from one image have the same name, and the numbers that they make up for their processes are the same too. Linux
/// counts these numbers for each server address by itself: by two mounts of two addresses two processes have the same one.
/// </summary>
/// <param name="Name">What it calls itself (XNFS: caller_name), as it came.</param>
/// <param name="Address">Where it calls from.</param>
/// <param name="Server">The server's address that it calls.</param>
public readonly record struct LockHost(ReadOnlyMemory<byte> Name, IPAddress Address, IPAddress Server)
{
    /// <summary>Most bytes of a name (XNFS: LM_MAXSTRLEN, SM_MAXSTRLEN).</summary>
    public const int MaximumName = 1024;

    /// <summary>Bytes of an address: one of IPv4 is mapped to IPv6.</summary>
    public const int AddressBytes = 16;

    /// <inheritdoc/>
    public bool Equals(LockHost other) => IsSameClient(other) && Server.Equals(other.Server);

    /// <summary>Whether it is one client, whichever address of the server it calls.</summary>
    public bool IsSameClient(LockHost other) => Address.Equals(other.Address) && Name.Span.SequenceEqual(other.Name.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Address, Name.Length);

    /// <summary>An address as sockets for both families and for one alone agree on it, without the interface of a link-local one.</summary>
    public static IPAddress Normalize(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
        : address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0 ? new IPAddress(address.GetAddressBytes())
        : address;

    internal static void WriteAddress(Span<byte> target, IPAddress address) => address.MapToIPv6().TryWriteBytes(target, out _);

    internal static IPAddress ReadAddress(ReadOnlySpan<byte> source) => Normalize(new IPAddress(source[..AddressBytes]));
}
