using System.Buffers.Binary;

namespace Uss.NfsFrontend.Files;

/// <summary>
/// That a call was carried out or refused: one that comes again is answered from it and not done twice, nor done after all.
/// <code>
/// byte 0 - 7 client   8 - 11 xid   12 - 15 checksum   16 - 19 procedure   20 - 23 status
/// byte 24 - 31 inode that was made; of WRITE which copy of the call was the last that was let write
/// byte 32 - 39 number of the reply   40 - 47 time in nanoseconds since 1970
/// </code>
/// Little-endian.
/// </summary>
internal struct ReplyRecord
{
    /// <summary>Bytes of it.</summary>
    public const int Size = 48;

    /// <summary>Status of a WRITE that the owner has let begin, and of which nobody has told that its data is there.</summary>
    public const uint UnderWay = uint.MaxValue;

    public ulong Client;
    public uint Xid;
    public uint Checksum;
    public uint Procedure;
    public uint Status;
    public ulong Inode;
    public ulong Number;
    public long TimeNs;

    /// <summary>Reads it; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out ReplyRecord record)
    {
        record = default;
        if (source.Length != Size)
            return false;
        record.Client = BinaryPrimitives.ReadUInt64LittleEndian(source);
        record.Xid = BinaryPrimitives.ReadUInt32LittleEndian(source[8..]);
        record.Checksum = BinaryPrimitives.ReadUInt32LittleEndian(source[12..]);
        record.Procedure = BinaryPrimitives.ReadUInt32LittleEndian(source[16..]);
        record.Status = BinaryPrimitives.ReadUInt32LittleEndian(source[20..]);
        record.Inode = BinaryPrimitives.ReadUInt64LittleEndian(source[24..]);
        record.Number = BinaryPrimitives.ReadUInt64LittleEndian(source[32..]);
        record.TimeNs = BinaryPrimitives.ReadInt64LittleEndian(source[40..]);
        return true;
    }

    /// <summary>Writes the <see cref="Size"/> bytes.</summary>
    public readonly void Write(Span<byte> target)
    {
        target[..Size].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(target, Client);
        BinaryPrimitives.WriteUInt32LittleEndian(target[8..], Xid);
        BinaryPrimitives.WriteUInt32LittleEndian(target[12..], Checksum);
        BinaryPrimitives.WriteUInt32LittleEndian(target[16..], Procedure);
        BinaryPrimitives.WriteUInt32LittleEndian(target[20..], Status);
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], Inode);
        BinaryPrimitives.WriteUInt64LittleEndian(target[32..], Number);
        BinaryPrimitives.WriteInt64LittleEndian(target[40..], TimeNs);
    }
}
