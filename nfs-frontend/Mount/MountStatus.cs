namespace Uss.NfsFrontend.Mount;

/// <summary>What became of a mount: mountstat3 (RFC 1813, 5.1.5).</summary>
public enum MountStatus : uint
{
    /// <summary>MNT3_OK.</summary>
    Ok = 0,

    /// <summary>MNT3ERR_PERM: the caller must be root.</summary>
    NotOwner = 1,

    /// <summary>MNT3ERR_NOENT: nothing is exported under that path, or a directory of it is not there.</summary>
    NoEntry = 2,

    /// <summary>MNT3ERR_IO: a disk failed.</summary>
    Io = 5,

    /// <summary>MNT3ERR_ACCES: this client may not.</summary>
    AccessDenied = 13,

    /// <summary>MNT3ERR_NOTDIR: that is no directory.</summary>
    NotDirectory = 20,

    /// <summary>MNT3ERR_INVAL: the path makes no sense.</summary>
    Invalid = 22,

    /// <summary>MNT3ERR_NAMETOOLONG: the path has more than 1024 bytes, or a name of it more than 255.</summary>
    NameTooLong = 63,

    /// <summary>MNT3ERR_NOTSUPP: the operation is not there.</summary>
    NotSupported = 10004,

    /// <summary>MNT3ERR_SERVERFAULT: none of the other errors.</summary>
    ServerFault = 10006,
}

/// <summary>The procedures of MOUNT version 3 (RFC 1813, 5.2).</summary>
public enum MountProcedure : uint
{
    /// <summary>MOUNTPROC3_NULL: whether somebody is there.</summary>
    Null = 0,

    /// <summary>MOUNTPROC3_MNT: the handle of a directory.</summary>
    Mount = 1,

    /// <summary>MOUNTPROC3_DUMP: who has mounted what.</summary>
    Dump = 2,

    /// <summary>MOUNTPROC3_UMNT: the caller does not use a path any more.</summary>
    Unmount = 3,

    /// <summary>MOUNTPROC3_UMNTALL: the caller uses nothing any more.</summary>
    UnmountAll = 4,

    /// <summary>MOUNTPROC3_EXPORT: what can be mounted.</summary>
    Export = 5,
}
