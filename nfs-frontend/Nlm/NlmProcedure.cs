namespace Uss.NfsFrontend.Nlm;

/// <summary>The procedures of the network lock manager, version 4 (XNFS, 14).</summary>
public enum NlmProcedure : uint
{
    /// <summary>NLMPROC4_NULL: whether somebody is there.</summary>
    Null = 0,

    /// <summary>NLMPROC4_TEST: who is in the way of a lock.</summary>
    Test = 1,

    /// <summary>NLMPROC4_LOCK: a lock.</summary>
    Lock = 2,

    /// <summary>NLMPROC4_CANCEL: not to wait for a lock any more.</summary>
    Cancel = 3,

    /// <summary>NLMPROC4_UNLOCK: to give a lock back.</summary>
    Unlock = 4,

    /// <summary>NLMPROC4_GRANTED: a server's call to a client, that it has the lock which it waits for.</summary>
    Granted = 5,

    /// <summary>NLMPROC4_TEST_MSG: the same as TEST, answered by a call of <see cref="TestResult"/>; so are the four that follow.</summary>
    TestMessage = 6,

    /// <summary>NLMPROC4_LOCK_MSG.</summary>
    LockMessage = 7,

    /// <summary>NLMPROC4_CANCEL_MSG.</summary>
    CancelMessage = 8,

    /// <summary>NLMPROC4_UNLOCK_MSG.</summary>
    UnlockMessage = 9,

    /// <summary>NLMPROC4_GRANTED_MSG.</summary>
    GrantedMessage = 10,

    /// <summary>NLMPROC4_TEST_RES: the answer to TEST_MSG.</summary>
    TestResult = 11,

    /// <summary>NLMPROC4_LOCK_RES.</summary>
    LockResult = 12,

    /// <summary>NLMPROC4_CANCEL_RES.</summary>
    CancelResult = 13,

    /// <summary>NLMPROC4_UNLOCK_RES.</summary>
    UnlockResult = 14,

    /// <summary>NLMPROC4_GRANTED_RES.</summary>
    GrantedResult = 15,

    /// <summary>NLMPROC4_SHARE: a share of a file, as DOS has them.</summary>
    Share = 20,

    /// <summary>NLMPROC4_UNSHARE: to give it back.</summary>
    Unshare = 21,

    /// <summary>NLMPROC4_NM_LOCK: a lock of a client that does not tell of its restarts by NSM.</summary>
    UnmonitoredLock = 22,

    /// <summary>NLMPROC4_FREE_ALL: that such a client has restarted.</summary>
    FreeAll = 23,
}
