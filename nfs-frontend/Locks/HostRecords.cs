using System.Net;
using Uss.NfsFrontend.Metadata;
using Uss.Runtime;

namespace Uss.NfsFrontend.Locks;

/// <summary>
/// The hosts that hold locks of a file system: each has a number, so that a lock takes few bytes, and records of the files, so that a
/// restart of the host finds them. Both are there as long as it holds anything.
/// </summary>
/// <remarks>
/// The upper 16 bits of a number are those of a checksum of address and name, the lower 8 tell hosts of one checksum apart. A record holds
/// a version, the addresses of host and server (<see cref="LockHost.AddressBytes"/> each), and the name.
/// </remarks>
public static class HostRecords
{
    /// <summary>No host's number.</summary>
    public const uint None = uint.MaxValue;

    /// <summary>The largest number.</summary>
    public const uint Maximum = (1 << 24) - 1;

    private const byte LayoutVersion = 2;
    private const int HeaderBytes = 1 + (2 * LockHost.AddressBytes);
    private const uint Collisions = 256;

    /// <summary>A host's number, or <see cref="None"/>.</summary>
    public static uint Find(RecordTransaction records, LockHost host)
    {
        var first = FirstNumber(host);
        for (var number = first; FindNext(records, number, first + Collisions - 1, out var found, out var other); number = found + 1)
        {
            if (other == host)
                return found;
        }

        return None;
    }

    /// <summary>A host's number, which is given to it when it has none; <see cref="None"/> when none is left.</summary>
    public static uint FindOrAdd(RecordTransaction records, LockHost host)
    {
        var found = Find(records, host);
        if (found != None)
            return found;
        var first = FirstNumber(host);
        for (var number = first; number < first + Collisions; number++)
        {
            if (records.TryGet(LockRecords.Host(number), out _))
                continue;
            Span<byte> value = stackalloc byte[HeaderBytes + LockHost.MaximumName];
            value[0] = LayoutVersion;
            LockHost.WriteAddress(value[1..], host.Address);
            LockHost.WriteAddress(value[(1 + LockHost.AddressBytes)..], host.Server);
            host.Name.Span.CopyTo(value[HeaderBytes..]);
            records.Put(LockRecords.Host(number), value[..(HeaderBytes + host.Name.Length)]);
            return number;
        }

        return None;
    }

    /// <summary>The numbers among which those of a client are, whichever addresses of the server it calls.</summary>
    public static (uint First, uint Last) NumbersOf(LockHost client)
    {
        var first = FirstNumber(client);
        return (first, first + Collisions - 1);
    }

    /// <summary>Finds the first host from a number on.</summary>
    public static bool FindNext(RecordTransaction records, uint from, uint to, out uint number, out LockHost host)
    {
        (number, host) = (None, default);
        if (from > to || !records.TryGetNext(LockRecords.Host(from), LockRecords.Host(to), out var key, out var value))
            return false;
        number = (uint)key.Low;

        // What cannot be understood is nobody, and keeps its number.
        host = value.Length < HeaderBytes || value[0] != LayoutVersion
            ? new LockHost(default, IPAddress.None, IPAddress.None)
            : new LockHost(
                value[HeaderBytes..].ToArray(), LockHost.ReadAddress(value[1..]), LockHost.ReadAddress(value[(1 + LockHost.AddressBytes)..]));
        return true;
    }

    /// <summary>Finds the first file from an inode on of which a host holds locks.</summary>
    public static bool FindFile(RecordTransaction records, uint host, ulong from, out ulong inode)
    {
        var isFound = records.TryGetNext(LockRecords.Held(host, from), LockRecords.Held(host, LockRecords.MaximumInode), out var key, out _);
        inode = LockRecords.InodeOf(key);
        return isFound;
    }

    /// <summary>Notes that a host holds nothing of a file any more.</summary>
    internal static void Forget(RecordTransaction records, uint host, ulong inode)
    {
        records.Delete(LockRecords.Held(host, inode));
        ForgetIfIdle(records, host);
    }

    /// <summary>Takes the number from a host that holds nothing.</summary>
    internal static void ForgetIfIdle(RecordTransaction records, uint host)
    {
        if (!FindFile(records, host, 0, out _))
            records.Delete(LockRecords.Host(host));
    }

    private static uint FirstNumber(LockHost host)
    {
        Span<byte> bytes = stackalloc byte[LockHost.AddressBytes + LockHost.MaximumName];
        LockHost.WriteAddress(bytes, host.Address);
        host.Name.Span.CopyTo(bytes[LockHost.AddressBytes..]);
        return (Crc32C.Compute(bytes[..(LockHost.AddressBytes + host.Name.Length)]) & 0xFFFF) * Collisions;
    }
}
