using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>The arguments of READDIR (RFC 1813, 3.3.16).</summary>
/// <param name="Directory">The directory's handle.</param>
/// <param name="Cookie">Behind which entry to begin; 0: at the beginning.</param>
/// <param name="Verifier">What came with that cookie; 0 at the beginning.</param>
/// <param name="Count">Most bytes of results.</param>
public readonly record struct ReadDirectoryArguments(XdrBytes Directory, ulong Cookie, ulong Verifier, uint Count)
{
    /// <summary>Reads them.</summary>
    public static ReadDirectoryArguments Read(ref XdrReader reader) =>
        new(reader.Opaque(NfsLimits.HandleBytes), reader.UInt64(), reader.UInt64(), reader.UInt32());
}
