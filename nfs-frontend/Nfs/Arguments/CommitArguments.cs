using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>The arguments of COMMIT (RFC 1813, 3.3.21).</summary>
/// <param name="File">The file's handle.</param>
/// <param name="Offset">Where to begin, in bytes.</param>
/// <param name="Count">How many bytes; 0: to the end.</param>
public readonly record struct CommitArguments(XdrBytes File, ulong Offset, uint Count)
{
    /// <summary>Reads them.</summary>
    public static CommitArguments Read(ref XdrReader reader) => new(reader.Opaque(NfsLimits.HandleBytes), reader.UInt64(), reader.UInt32());
}
