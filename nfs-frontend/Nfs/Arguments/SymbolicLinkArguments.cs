using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>The arguments of SYMLINK (RFC 1813, 3.3.10).</summary>
/// <param name="Where">The new name.</param>
/// <param name="Attributes">Attributes of the new link.</param>
/// <param name="Path">Where it leads: any bytes, which only clients understand.</param>
public readonly record struct SymbolicLinkArguments(NamedEntry Where, SetAttributes Attributes, XdrBytes Path)
{
    /// <summary>Reads them.</summary>
    public static SymbolicLinkArguments Read(ref XdrReader reader) =>
        new(NamedEntry.Read(ref reader), SetAttributes.Read(ref reader), reader.Opaque(NfsLimits.DecodedNameBytes));
}
