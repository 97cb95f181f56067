namespace Uss.NfsFrontend.Nfs;

/// <summary>The procedures of NFS version 3 (RFC 1813, 3.3).</summary>
public enum NfsProcedure : uint
{
    /// <summary>Nothing: whether somebody is there (3.3.0).</summary>
    Null = 0,

    /// <summary>Attributes of a file (3.3.1).</summary>
    GetAttributes = 1,

    /// <summary>Changes attributes, the size among them (3.3.2).</summary>
    SetAttributes = 2,

    /// <summary>A name in a directory (3.3.3).</summary>
    Lookup = 3,

    /// <summary>What the caller may do (3.3.4).</summary>
    Access = 4,

    /// <summary>Where a symbolic link leads (3.3.5).</summary>
    ReadLink = 5,

    /// <summary>Data of a file (3.3.6).</summary>
    Read = 6,

    /// <summary>Writes data (3.3.7).</summary>
    Write = 7,

    /// <summary>Creates a file (3.3.8).</summary>
    Create = 8,

    /// <summary>Creates a directory (3.3.9).</summary>
    MakeDirectory = 9,

    /// <summary>Creates a symbolic link (3.3.10).</summary>
    SymbolicLink = 10,

    /// <summary>Creates a device, a socket or a pipe (3.3.11).</summary>
    MakeNode = 11,

    /// <summary>Removes a name of a file (3.3.12).</summary>
    Remove = 12,

    /// <summary>Removes a directory (3.3.13).</summary>
    RemoveDirectory = 13,

    /// <summary>Gives a file another name (3.3.14).</summary>
    Rename = 14,

    /// <summary>Gives a file one more name (3.3.15).</summary>
    Link = 15,

    /// <summary>Names in a directory (3.3.16).</summary>
    ReadDirectory = 16,

    /// <summary>Names in a directory with attributes and handles (3.3.17).</summary>
    ReadDirectoryPlus = 17,

    /// <summary>Room of a file system (3.3.18).</summary>
    FileSystemStatus = 18,

    /// <summary>What a file system can do (3.3.19).</summary>
    FileSystemInformation = 19,

    /// <summary>Limits of names and links (3.3.20).</summary>
    PathConfiguration = 20,

    /// <summary>Makes durable what was written (3.3.21).</summary>
    Commit = 21,
}
