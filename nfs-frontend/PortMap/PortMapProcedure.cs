namespace Uss.NfsFrontend.PortMap;

/// <summary>The procedures of the port mapper, version 2 (RFC 1833, 3.2).</summary>
public enum PortMapProcedure : uint
{
    /// <summary>PMAPPROC_NULL: whether somebody is there.</summary>
    Null = 0,

    /// <summary>PMAPPROC_SET: a program registers.</summary>
    Set = 1,

    /// <summary>PMAPPROC_UNSET: it is gone.</summary>
    Unset = 2,

    /// <summary>PMAPPROC_GETPORT: where a program is.</summary>
    GetPort = 3,

    /// <summary>PMAPPROC_DUMP: all programs.</summary>
    Dump = 4,

    /// <summary>PMAPPROC_CALLIT: a call that is passed on.</summary>
    CallIt = 5,
}

/// <summary>The procedures of rpcbind, versions 3 and 4 (RFC 1833, 2.2); those from <see cref="GetVersionAddress"/> on of 4 only.</summary>
public enum RpcBindProcedure : uint
{
    /// <summary>RPCBPROC_NULL.</summary>
    Null = 0,

    /// <summary>RPCBPROC_SET.</summary>
    Set = 1,

    /// <summary>RPCBPROC_UNSET.</summary>
    Unset = 2,

    /// <summary>RPCBPROC_GETADDR: where a program is.</summary>
    GetAddress = 3,

    /// <summary>RPCBPROC_DUMP: all programs.</summary>
    Dump = 4,

    /// <summary>RPCBPROC_CALLIT of version 3, RPCBPROC_BCAST of version 4: a call that is passed on.</summary>
    CallIt = 5,

    /// <summary>RPCBPROC_GETTIME: the time here.</summary>
    GetTime = 6,

    /// <summary>RPCBPROC_UADDR2TADDR: a text to a transport's address.</summary>
    ToTransportAddress = 7,

    /// <summary>RPCBPROC_TADDR2UADDR: the other way.</summary>
    ToUniversalAddress = 8,

    /// <summary>RPCBPROC_GETVERSADDR: where just this version of a program is.</summary>
    GetVersionAddress = 9,

    /// <summary>RPCBPROC_INDIRECT: a call that is passed on, with errors.</summary>
    Indirect = 10,

    /// <summary>RPCBPROC_GETADDRLIST: where a program is, on all transports.</summary>
    GetAddressList = 11,

    /// <summary>RPCBPROC_GETSTAT: counts of what was asked.</summary>
    GetStatistics = 12,
}
