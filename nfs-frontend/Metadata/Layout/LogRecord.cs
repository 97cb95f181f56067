using System.Buffers.Binary;

namespace Uss.NfsFrontend.Metadata;

/// <summary>One change in a commit, without padding. Little-endian.</summary>
/// <remarks>
/// <code>
///  0  kind                1   1: put, 2: delete
///  1  reserved            1
///  2  length of the value 2
///  4  key, upper half     8
/// 12  key, lower half     8
/// 20  value
/// </code>
/// </remarks>
internal static class LogRecord
{
    /// <summary>Bytes in front of the value.</summary>
    public const int HeaderBytes = 20;

    private const byte Put = 1;
    private const byte Delete = 2;

    /// <summary>Writes a change and returns its length.</summary>
    public static int Write(Span<byte> target, RecordKey key, ReadOnlySpan<byte> value, bool isDelete)
    {
        target[0] = isDelete ? Delete : Put;
        target[1] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], (ushort)value.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(target[4..], key.High);
        BinaryPrimitives.WriteUInt64LittleEndian(target[12..], key.Low);
        value.CopyTo(target[HeaderBytes..]);
        return HeaderBytes + value.Length;
    }

    /// <summary>Takes the next change from the records of a commit; false at their end, and when they make no sense.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> records, out RecordKey key, out ReadOnlySpan<byte> value, out bool isDelete)
    {
        key = default;
        value = default;
        isDelete = false;
        if (records.Length < HeaderBytes)
            return false;
        var length = BinaryPrimitives.ReadUInt16LittleEndian(records[2..]);
        isDelete = records[0] == Delete;
        if ((records[0] != Put && !isDelete)
            || length > (isDelete ? 0 : RecordTransaction.MaximumValueBytes)
            || length > records.Length - HeaderBytes)
        {
            return false;
        }

        key = new RecordKey(BinaryPrimitives.ReadUInt64LittleEndian(records[4..]), BinaryPrimitives.ReadUInt64LittleEndian(records[12..]));
        value = records.Slice(HeaderBytes, length);
        records = records[(HeaderBytes + length)..];
        return true;
    }
}
