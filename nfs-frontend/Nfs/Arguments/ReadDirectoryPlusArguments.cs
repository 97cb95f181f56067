using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>The arguments of READDIRPLUS (RFC 1813, 3.3.17).</summary>
/// <param name="Directory">The directory's handle.</param>
/// <param name="Cookie">Behind which entry to begin; 0: at the beginning.</param>
/// <param name="Verifier">What came with that cookie; 0 at the beginning.</param>
/// <param name="NameCount">Most bytes of inode numbers, names and cookies.</param>
/// <param name="Count">Most bytes of results.</param>
public readonly record struct ReadDirectoryPlusArguments(XdrBytes Directory, ulong Cookie, ulong Verifier, uint NameCount, uint Count)
{
    /// <summary>Reads them.</summary>
    public static ReadDirectoryPlusArguments Read(ref XdrReader reader) =>
        new(reader.Opaque(NfsLimits.HandleBytes), reader.UInt64(), reader.UInt64(), reader.UInt32(), reader.UInt32());
}
