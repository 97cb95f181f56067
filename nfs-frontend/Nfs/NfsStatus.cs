namespace Uss.NfsFrontend.Nfs;

/// <summary>What became of a call: nfsstat3 (RFC 1813, 2.6).</summary>
public enum NfsStatus : uint
{
    /// <summary>NFS3_OK.</summary>
    Ok = 0,

    /// <summary>NFS3ERR_PERM: the caller must be the owner or root.</summary>
    NotOwner = 1,

    /// <summary>NFS3ERR_NOENT: there is no such name.</summary>
    NoEntry = 2,

    /// <summary>NFS3ERR_IO: a disk failed.</summary>
    Io = 5,

    /// <summary>NFS3ERR_NXIO: there is no such device.</summary>
    NoDevice = 6,

    /// <summary>NFS3ERR_ACCES: the caller may not.</summary>
    AccessDenied = 13,

    /// <summary>NFS3ERR_EXIST: the name is there already.</summary>
    Exists = 17,

    /// <summary>NFS3ERR_XDEV: a link to another file system.</summary>
    CrossDevice = 18,

    /// <summary>NFS3ERR_NODEV: the operation does not go with this device.</summary>
    WrongDevice = 19,

    /// <summary>NFS3ERR_NOTDIR: this is no directory.</summary>
    NotDirectory = 20,

    /// <summary>NFS3ERR_ISDIR: this is a directory.</summary>
    IsDirectory = 21,

    /// <summary>NFS3ERR_INVAL: an argument makes no sense.</summary>
    Invalid = 22,

    /// <summary>NFS3ERR_FBIG: the file would become larger than files may be.</summary>
    FileTooLarge = 27,

    /// <summary>NFS3ERR_NOSPC: there is no room left.</summary>
    NoSpace = 28,

    /// <summary>NFS3ERR_ROFS: the file system can only be read.</summary>
    ReadOnly = 30,

    /// <summary>NFS3ERR_MLINK: a file has no more names than that.</summary>
    TooManyLinks = 31,

    /// <summary>NFS3ERR_NAMETOOLONG: a name has at most 255 bytes.</summary>
    NameTooLong = 63,

    /// <summary>NFS3ERR_NOTEMPTY: the directory has entries.</summary>
    NotEmpty = 66,

    /// <summary>NFS3ERR_DQUOT: the quota is used up.</summary>
    QuotaExceeded = 69,

    /// <summary>NFS3ERR_STALE: what the handle named is gone.</summary>
    Stale = 70,

    /// <summary>NFS3ERR_REMOTE: too many file systems between here and there.</summary>
    Remote = 71,

    /// <summary>NFS3ERR_BADHANDLE: this was never a handle.</summary>
    BadHandle = 10001,

    /// <summary>NFS3ERR_NOT_SYNC: the file is not what SETATTR expected it to be.</summary>
    NotSynchronized = 10002,

    /// <summary>NFS3ERR_BAD_COOKIE: READDIR cannot go on from there.</summary>
    BadCookie = 10003,

    /// <summary>NFS3ERR_NOTSUPP: the operation is not there.</summary>
    NotSupported = 10004,

    /// <summary>NFS3ERR_TOOSMALL: not even one entry would fit.</summary>
    TooSmall = 10005,

    /// <summary>NFS3ERR_SERVERFAULT: none of the other errors.</summary>
    ServerFault = 10006,

    /// <summary>NFS3ERR_BADTYPE: there are no nodes of that type.</summary>
    BadType = 10007,

    /// <summary>NFS3ERR_JUKEBOX: not now; the client tries again later.</summary>
    TryLater = 10008,
}
