using System.Buffers.Binary;

namespace Uss.NfsFrontend.Files;

/// <summary>
/// Contents that have to go since their file became shorter.
/// <code>
/// byte 0 - 7 first byte   8 - 15 where it ends, little-endian
/// </code>
/// </summary>
/// <param name="Inode">The file.</param>
/// <param name="From">First byte.</param>
/// <param name="To">Where it ends.</param>
internal readonly record struct TruncationRecord(ulong Inode, long From, long To)
{
    /// <summary>Bytes of it.</summary>
    public const int Size = 16;

    /// <summary>Reads it; false when it is none.</summary>
    public static bool TryParse(ulong inode, ReadOnlySpan<byte> source, out TruncationRecord record)
    {
        record = default;
        if (source.Length != Size)
            return false;
        record = new TruncationRecord(
            inode, BinaryPrimitives.ReadInt64LittleEndian(source), BinaryPrimitives.ReadInt64LittleEndian(source[8..]));
        return record is { From: >= 0 } && record.To >= record.From;
    }

    /// <summary>Writes the <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteInt64LittleEndian(target, From);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], To);
    }
}
