using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>
/// What a file was before a call and is after it: wcc_data (RFC 1813, 2.6). From it a client knows whether somebody else changed the file
/// meanwhile, so both sides must be of the same moment: that of the change.
/// </summary>
/// <param name="Before">Attributes just before the change, of which three are told; null when they are not known.</param>
/// <param name="After">Attributes just after it; null when they are not known.</param>
public readonly record struct WeakCacheConsistency(FileAttributes? Before, FileAttributes? After)
{
    /// <summary>Most bytes on the wire.</summary>
    public const int MaximumSize = 4 + 8 + (2 * NfsTime.Size) + FileAttributes.OptionalSize;

    /// <summary>Writes it.</summary>
    public void Write(ref XdrWriter writer)
    {
        writer.Boolean(Before is not null);
        if (Before is { } before)
        {
            writer.UInt64(before.Length);
            before.Modified.Write(ref writer);
            before.Changed.Write(ref writer);
        }

        FileAttributes.WriteOptional(ref writer, After);
    }
}
