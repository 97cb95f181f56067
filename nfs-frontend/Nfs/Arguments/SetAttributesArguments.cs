using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>The arguments of SETATTR (RFC 1813, 3.3.2).</summary>
/// <param name="File">The file's handle.</param>
/// <param name="Attributes">What to set.</param>
/// <param name="Guard">When the attributes must have been changed last for anything to be set; null: whenever that was.</param>
public readonly record struct SetAttributesArguments(XdrBytes File, SetAttributes Attributes, NfsTime? Guard)
{
    /// <summary>Reads them.</summary>
    public static SetAttributesArguments Read(ref XdrReader reader) => new(
        reader.Opaque(NfsLimits.HandleBytes), SetAttributes.Read(ref reader), reader.Boolean() ? NfsTime.Read(ref reader) : null);
}
