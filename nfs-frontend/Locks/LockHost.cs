using System.Net;
using System.Net.Sockets;

namespace Uss.NfsFrontend.Locks;

/// <summary>
/// A client that locks: the name that it calls itself, and where it calls from. Names alone do not do: machines that were copied from one
/// image have the same name, and the numbers that they make up for their processes are the same too.
/// </summary>
/// <param name="Name">What it calls itself (XNFS: caller_name), as it came.</param>
/// <param name="Address">Where it calls from.</param>
public readonly record struct LockHost(ReadOnlyMemory<byte> Name, IPAddress Address)
{
    /// <summary>Most bytes of a name (XNFS: LM_MAXSTRLEN, SM_MAXSTRLEN).</summary>
    public const int MaximumName = 1024;

    /// <summary>Bytes of an address: one of IPv4 is mapped to IPv6.</summary>
    public const int AddressBytes = 16;

    /// <inheritdoc/>
    public bool Equals(LockHost other) => Address.Equals(other.Address) && Name.Span.SequenceEqual(other.Name.Span);

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
