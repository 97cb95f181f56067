using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>The arguments of READ (RFC 1813, 3.3.6).</summary>
/// <param name="File">The file's handle.</param>
/// <param name="Offset">Where to begin, in bytes.</param>
/// <param name="Count">Most bytes to read.</param>
public readonly record struct ReadArguments(XdrBytes File, ulong Offset, uint Count)
{
    /// <summary>Reads them.</summary>
    public static ReadArguments Read(ref XdrReader reader) => new(reader.Opaque(NfsLimits.HandleBytes), reader.UInt64(), reader.UInt32());
}
