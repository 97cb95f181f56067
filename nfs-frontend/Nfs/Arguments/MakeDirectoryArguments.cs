using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>The arguments of MKDIR (RFC 1813, 3.3.9).</summary>
/// <param name="Where">The new name.</param>
/// <param name="Attributes">Attributes of the new directory.</param>
public readonly record struct MakeDirectoryArguments(NamedEntry Where, SetAttributes Attributes)
{
    /// <summary>Reads them.</summary>
    public static MakeDirectoryArguments Read(ref XdrReader reader) => new(NamedEntry.Read(ref reader), SetAttributes.Read(ref reader));
}
