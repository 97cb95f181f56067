using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>A moment: nfstime3 (RFC 1813, 2.6). Until the year 2106.</summary>
/// <param name="Seconds">Seconds since 1970, in UTC.</param>
/// <param name="Nanoseconds">Nanoseconds beyond them.</param>
public readonly record struct NfsTime(uint Seconds, uint Nanoseconds)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 8;

    /// <summary>True when the nanoseconds are less than a second.</summary>
    public bool IsValid => Nanoseconds < 1_000_000_000;

    /// <summary>Reads it.</summary>
    public static NfsTime Read(ref XdrReader reader) => new(reader.UInt32(), reader.UInt32());

    /// <summary>Writes it.</summary>
    public void Write(ref XdrWriter writer)
    {
        writer.UInt32(Seconds);
        writer.UInt32(Nanoseconds);
    }
}
