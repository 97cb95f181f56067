using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>The arguments of RENAME (RFC 1813, 3.3.14).</summary>
/// <param name="From">The name that there is.</param>
/// <param name="To">The name that takes its place.</param>
public readonly record struct RenameArguments(NamedEntry From, NamedEntry To)
{
    /// <summary>Reads them.</summary>
    public static RenameArguments Read(ref XdrReader reader) => new(NamedEntry.Read(ref reader), NamedEntry.Read(ref reader));
}
