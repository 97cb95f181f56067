using System.Buffers.Binary;

namespace Uss.NfsFrontend.Files;

/// <summary>
/// The numbers of a file system.
/// <code>
/// byte 0 - 7 next inode   8 - 15 files   16 - 23 oldest reply   24 - 31 next reply   32 - 39 time of the last change
/// </code>
/// Little-endian.
/// </summary>
internal struct CountersRecord
{
    /// <summary>Bytes of it.</summary>
    public const int Size = 40;

    public ulong NextInode;
    public ulong Files;
    public ulong FirstReply;
    public ulong NextReply;
    public long ChangedNs;

    /// <summary>Reads it; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out CountersRecord record)
    {
        record = default;
        if (source.Length != Size)
            return false;
        record.NextInode = BinaryPrimitives.ReadUInt64LittleEndian(source);
        record.Files = BinaryPrimitives.ReadUInt64LittleEndian(source[8..]);
        record.FirstReply = BinaryPrimitives.ReadUInt64LittleEndian(source[16..]);
        record.NextReply = BinaryPrimitives.ReadUInt64LittleEndian(source[24..]);
        record.ChangedNs = BinaryPrimitives.ReadInt64LittleEndian(source[32..]);
        return true;
    }

    /// <summary>Writes the <see cref="Size"/> bytes.</summary>
    public readonly void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(target, NextInode);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], Files);
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], FirstReply);
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], NextReply);
        BinaryPrimitives.WriteInt64LittleEndian(target[32..], ChangedNs);
    }
}
