using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>The arguments of LINK (RFC 1813, 3.3.15).</summary>
/// <param name="File">The file's handle.</param>
/// <param name="Where">Its new name.</param>
public readonly record struct LinkArguments(XdrBytes File, NamedEntry Where)
{
    /// <summary>Reads them.</summary>
    public static LinkArguments Read(ref XdrReader reader) => new(reader.Opaque(NfsLimits.HandleBytes), NamedEntry.Read(ref reader));
}
