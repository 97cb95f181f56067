using System.Buffers.Binary;
using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files;

/// <summary>
/// An entry of a directory.
/// <code>
/// byte 0 - 7 inode, little-endian   8 - 262 the name, 1 to 255 bytes
/// </code>
/// </summary>
internal static class EntryRecord
{
    /// <summary>Most bytes of it.</summary>
    public const int MaximumSize = sizeof(ulong) + NfsLimits.NameBytes;

    /// <summary>Reads it; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out ulong inode, out ReadOnlySpan<byte> name)
    {
        var isEntry = source.Length is > sizeof(ulong) and <= MaximumSize;
        inode = isEntry ? BinaryPrimitives.ReadUInt64LittleEndian(source) : 0;
        name = isEntry ? source[sizeof(ulong)..] : default;
        return isEntry;
    }

    /// <summary>Writes it; returns its length.</summary>
    public static int Write(ulong inode, ReadOnlySpan<byte> name, Span<byte> target)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(target, inode);
        name.CopyTo(target[sizeof(ulong)..]);
        return sizeof(ulong) + name.Length;
    }
}
