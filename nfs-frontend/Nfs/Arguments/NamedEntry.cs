using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>A name in a directory: diropargs3 (RFC 1813, 2.6).</summary>
/// <param name="Directory">The directory's handle.</param>
/// <param name="Name">The name: any bytes but 0 and '/', which is for the file system to check.</param>
public readonly record struct NamedEntry(XdrBytes Directory, XdrBytes Name)
{
    /// <summary>Reads it.</summary>
    public static NamedEntry Read(ref XdrReader reader) =>
        new(reader.Opaque(NfsLimits.HandleBytes), reader.Opaque(NfsLimits.DecodedNameBytes));
}
