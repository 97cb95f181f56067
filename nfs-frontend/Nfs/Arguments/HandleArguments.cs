using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>The arguments of GETATTR, READLINK, FSSTAT, FSINFO and PATHCONF (RFC 1813, 3.3.1, 3.3.5, 3.3.18 to 3.3.20).</summary>
/// <param name="File">The file's handle.</param>
public readonly record struct HandleArguments(XdrBytes File)
{
    /// <summary>Reads them.</summary>
    public static HandleArguments Read(ref XdrReader reader) => new(reader.Opaque(NfsLimits.HandleBytes));
}
