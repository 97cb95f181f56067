using System.Buffers.Binary;
using Uss.NfsFrontend.Nfs;
using FileAttributes = Uss.NfsFrontend.Nfs.FileAttributes;

namespace Uss.NfsFrontend.Files;

/// <summary>
/// An inode.
/// <code>
/// byte  0 version   1 type   2 - 3 mode   4 - 7 links   8 - 11 user   12 - 15 group
/// byte 16 - 23 length          24 - 31 bytes used       32 - 39 end of what was ever written
/// byte 40 - 47 accessed        48 - 55 modified         56 - 63 changed: nanoseconds since 1970
/// byte 64 - 67 generation      68 - 71 device's major   72 - 75 device's minor   76 - 79 0
/// byte 80 - 87 parent of a directory                    88 - 95 verifier of an exclusive creation
/// byte 96 - 103 the directory whose quota counts; 0: none
/// </code>
/// Little-endian.
/// </summary>
internal struct InodeRecord
{
    /// <summary>Bytes of it.</summary>
    public const int Size = 104;

    private const byte Version = 1;

    public FileType Type;
    public ushort Mode;
    public uint Links;
    public uint UserId;
    public uint GroupId;
    public long Length;
    public long UsedBytes;
    public long WrittenEnd;
    public long AccessedNs;
    public long ModifiedNs;
    public long ChangedNs;
    public uint Generation;
    public (uint Major, uint Minor) Device;
    public ulong Parent;
    public ulong Verifier;
    public ulong QuotaTree;

    /// <summary>True for a directory.</summary>
    public readonly bool IsDirectory => Type == FileType.Directory;

    /// <summary>Reads it; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out InodeRecord record)
    {
        record = default;
        if (source.Length != Size || source[0] != Version || source[1] is < (byte)FileType.Regular or > (byte)FileType.Pipe)
            return false;
        record.Type = (FileType)source[1];
        record.Mode = BinaryPrimitives.ReadUInt16LittleEndian(source[2..]);
        record.Links = BinaryPrimitives.ReadUInt32LittleEndian(source[4..]);
        record.UserId = BinaryPrimitives.ReadUInt32LittleEndian(source[8..]);
        record.GroupId = BinaryPrimitives.ReadUInt32LittleEndian(source[12..]);
        record.Length = BinaryPrimitives.ReadInt64LittleEndian(source[16..]);
        record.UsedBytes = BinaryPrimitives.ReadInt64LittleEndian(source[24..]);
        record.WrittenEnd = BinaryPrimitives.ReadInt64LittleEndian(source[32..]);
        record.AccessedNs = BinaryPrimitives.ReadInt64LittleEndian(source[40..]);
        record.ModifiedNs = BinaryPrimitives.ReadInt64LittleEndian(source[48..]);
        record.ChangedNs = BinaryPrimitives.ReadInt64LittleEndian(source[56..]);
        record.Generation = BinaryPrimitives.ReadUInt32LittleEndian(source[64..]);
        record.Device = (BinaryPrimitives.ReadUInt32LittleEndian(source[68..]), BinaryPrimitives.ReadUInt32LittleEndian(source[72..]));
        record.Parent = BinaryPrimitives.ReadUInt64LittleEndian(source[80..]);
        record.Verifier = BinaryPrimitives.ReadUInt64LittleEndian(source[88..]);
        record.QuotaTree = BinaryPrimitives.ReadUInt64LittleEndian(source[96..]);
        return record is { Length: >= 0, UsedBytes: >= 0, WrittenEnd: >= 0 };
    }

    /// <summary>Writes the <see cref="Size"/> bytes.</summary>
    public readonly void Write(Span<byte> target)
    {
        target[..Size].Clear();
        target[0] = Version;
        target[1] = (byte)Type;
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], Mode);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Links);
        BinaryPrimitives.WriteUInt32LittleEndian(target[8..], UserId);
        BinaryPrimitives.WriteUInt32LittleEndian(target[12..], GroupId);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], Length);
        BinaryPrimitives.WriteInt64LittleEndian(target[24..], UsedBytes);
        BinaryPrimitives.WriteInt64LittleEndian(target[32..], WrittenEnd);
        BinaryPrimitives.WriteInt64LittleEndian(target[40..], AccessedNs);
        BinaryPrimitives.WriteInt64LittleEndian(target[48..], ModifiedNs);
        BinaryPrimitives.WriteInt64LittleEndian(target[56..], ChangedNs);
        BinaryPrimitives.WriteUInt32LittleEndian(target[64..], Generation);
        BinaryPrimitives.WriteUInt32LittleEndian(target[68..], Device.Major);
        BinaryPrimitives.WriteUInt32LittleEndian(target[72..], Device.Minor);
        BinaryPrimitives.WriteUInt64LittleEndian(target[80..], Parent);
        BinaryPrimitives.WriteUInt64LittleEndian(target[88..], Verifier);
        BinaryPrimitives.WriteUInt64LittleEndian(target[96..], QuotaTree);
    }

    /// <summary>What clients see of it.</summary>
    public readonly FileAttributes ToAttributes(ulong inode, uint fileSystem) => new()
    {
        Type = Type,
        Mode = Mode,
        Links = Links,
        UserId = UserId,
        GroupId = GroupId,
        Length = (ulong)Length,
        Used = (ulong)UsedBytes,
        Device = Device,
        FileSystemId = fileSystem,
        Inode = inode,
        Accessed = FileTime.Of(AccessedNs),
        Modified = FileTime.Of(ModifiedNs),
        Changed = FileTime.Of(ChangedNs),
    };
}
