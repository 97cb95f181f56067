namespace Uss.NfsFrontend.Nfs;

/// <summary>What a file is: ftype3 (RFC 1813, 2.6).</summary>
public enum FileType : uint
{
    /// <summary>NF3REG: a regular file.</summary>
    Regular = 1,

    /// <summary>NF3DIR: a directory.</summary>
    Directory = 2,

    /// <summary>NF3BLK: a block device.</summary>
    BlockDevice = 3,

    /// <summary>NF3CHR: a character device.</summary>
    CharacterDevice = 4,

    /// <summary>NF3LNK: a symbolic link.</summary>
    SymbolicLink = 5,

    /// <summary>NF3SOCK: a socket.</summary>
    Socket = 6,

    /// <summary>NF3FIFO: a named pipe.</summary>
    Pipe = 7,
}
