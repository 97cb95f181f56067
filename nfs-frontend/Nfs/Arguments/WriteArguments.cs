using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>How durable data has to be when WRITE is answered: stable_how (RFC 1813, 3.3.7).</summary>
public enum StableHow : uint
{
    /// <summary>UNSTABLE: not before COMMIT.</summary>
    Unstable = 0,

    /// <summary>DATA_SYNC: the data is, and what is needed to read it.</summary>
    DataSync = 1,

    /// <summary>FILE_SYNC: the data and all attributes are.</summary>
    FileSync = 2,
}

/// <summary>The arguments of WRITE (RFC 1813, 3.3.7).</summary>
/// <param name="File">The file's handle.</param>
/// <param name="Offset">Where to begin, in bytes.</param>
/// <param name="Count">Bytes to write.</param>
/// <param name="Stable">How durable they have to be.</param>
/// <param name="Data">The bytes; as many as <paramref name="Count"/> says, or the arguments make no sense.</param>
public readonly record struct WriteArguments(XdrBytes File, ulong Offset, uint Count, StableHow Stable, XdrBytes Data)
{
    /// <summary>Reads them.</summary>
    public static WriteArguments Read(ref XdrReader reader)
    {
        var (file, offset, count, stable) = ReadStart(ref reader);
        return new WriteArguments(file, offset, count, stable, reader.Opaque(NfsLimits.TransferBytes));
    }

    /// <summary>Where the data begins; 0 when the first bytes of the message do not tell.</summary>
    /// <param name="head">The first bytes of the message.</param>
    /// <param name="argumentsOffset">Where the arguments begin.</param>
    public static int DataOffset(ReadOnlySpan<byte> head, int argumentsOffset)
    {
        var reader = new XdrReader(head, argumentsOffset);
        ReadStart(ref reader);
        reader.UInt32();
        return reader.IsOk ? reader.Position : 0;
    }

    private static (XdrBytes File, ulong Offset, uint Count, StableHow Stable) ReadStart(ref XdrReader reader) =>
        (reader.Opaque(NfsLimits.HandleBytes), reader.UInt64(), reader.UInt32(), (StableHow)reader.UInt32AtMost((uint)StableHow.FileSync));
}
