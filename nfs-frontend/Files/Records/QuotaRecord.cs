using System.Buffers.Binary;

namespace Uss.NfsFrontend.Files;

/// <summary>
/// How much a directory and all below it may take, and takes.
/// <code>
/// byte 0 - 7 most bytes   8 - 15 most files; 0: any number   16 - 23 bytes used   24 - 31 files   32 state   33 - 39 0
/// </code>
/// Little-endian.
/// </summary>
internal struct QuotaRecord
{
    /// <summary>Bytes of it.</summary>
    public const int Size = 40;

    public long LimitBytes;
    public long LimitFiles;
    public long UsedBytes;
    public long UsedFiles;
    public QuotaState State;

    /// <summary>Reads it; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out QuotaRecord record)
    {
        record = default;
        if (source.Length != Size)
            return false;
        record.LimitBytes = BinaryPrimitives.ReadInt64LittleEndian(source);
        record.LimitFiles = BinaryPrimitives.ReadInt64LittleEndian(source[8..]);
        record.UsedBytes = BinaryPrimitives.ReadInt64LittleEndian(source[16..]);
        record.UsedFiles = BinaryPrimitives.ReadInt64LittleEndian(source[24..]);
        record.State = (QuotaState)source[32];
        return record is { LimitBytes: >= 0, LimitFiles: >= 0, State: <= QuotaState.Going };
    }

    /// <summary>Writes the <see cref="Size"/> bytes.</summary>
    public readonly void Write(Span<byte> target)
    {
        target[..Size].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(target, LimitBytes);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], LimitFiles);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], UsedBytes);
        BinaryPrimitives.WriteInt64LittleEndian(target[24..], UsedFiles);
        target[32] = (byte)State;
    }

    /// <summary>Whether there is room for so much more; less is always allowed, also of what is more than the limit.</summary>
    public readonly bool HasRoom(long bytes, long files) =>
        (bytes <= 0 || LimitBytes == 0 || UsedBytes <= LimitBytes - bytes) && (files <= 0 || LimitFiles == 0 || UsedFiles <= LimitFiles - files);
}
