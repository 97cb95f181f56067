using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>
/// Attributes of a file: fattr3 (RFC 1813, 2.6).
/// <code>
/// type 4   mode 4   links 4   user 4   group 4   size 8   used 8   device 4 + 4
/// file system 8   inode 8   accessed 8   modified 8   changed 8
/// </code>
/// </summary>
public readonly record struct FileAttributes
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 84;

    /// <summary>Bytes on the wire of attributes that may be missing: post_op_attr.</summary>
    public const int OptionalSize = 4 + Size;

    /// <summary>What it is.</summary>
    public FileType Type { get; init; }

    /// <summary>The twelve permission bits.</summary>
    public uint Mode { get; init; }

    /// <summary>How many names it has.</summary>
    public uint Links { get; init; }

    /// <summary>Its owner.</summary>
    public uint UserId { get; init; }

    /// <summary>Its group.</summary>
    public uint GroupId { get; init; }

    /// <summary>Its length in bytes.</summary>
    public ulong Length { get; init; }

    /// <summary>Bytes that it takes on disks, without its copies.</summary>
    public ulong Used { get; init; }

    /// <summary>Major and minor number of a device.</summary>
    public (uint Major, uint Minor) Device { get; init; }

    /// <summary>Its file system.</summary>
    public ulong FileSystemId { get; init; }

    /// <summary>Its inode.</summary>
    public ulong Inode { get; init; }

    /// <summary>When it was read last.</summary>
    public NfsTime Accessed { get; init; }

    /// <summary>When its data was changed last.</summary>
    public NfsTime Modified { get; init; }

    /// <summary>When its attributes were changed last.</summary>
    public NfsTime Changed { get; init; }

    /// <summary>Reads them.</summary>
    public static FileAttributes Read(ref XdrReader reader) => new()
    {
        Type = (FileType)reader.UInt32(),
        Mode = reader.UInt32(),
        Links = reader.UInt32(),
        UserId = reader.UInt32(),
        GroupId = reader.UInt32(),
        Length = reader.UInt64(),
        Used = reader.UInt64(),
        Device = (reader.UInt32(), reader.UInt32()),
        FileSystemId = reader.UInt64(),
        Inode = reader.UInt64(),
        Accessed = NfsTime.Read(ref reader),
        Modified = NfsTime.Read(ref reader),
        Changed = NfsTime.Read(ref reader),
    };

    /// <summary>Writes them.</summary>
    public void Write(ref XdrWriter writer)
    {
        writer.UInt32((uint)Type);
        writer.UInt32(Mode);
        writer.UInt32(Links);
        writer.UInt32(UserId);
        writer.UInt32(GroupId);
        writer.UInt64(Length);
        writer.UInt64(Used);
        writer.UInt32(Device.Major);
        writer.UInt32(Device.Minor);
        writer.UInt64(FileSystemId);
        writer.UInt64(Inode);
        Accessed.Write(ref writer);
        Modified.Write(ref writer);
        Changed.Write(ref writer);
    }

    /// <summary>Writes attributes as they are after a call, where they are known: post_op_attr.</summary>
    public static void WriteOptional(ref XdrWriter writer, in FileAttributes? attributes)
    {
        writer.Boolean(attributes is not null);
        attributes?.Write(ref writer);
    }
}
