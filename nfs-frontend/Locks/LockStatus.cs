namespace Uss.NfsFrontend.Locks;

/// <summary>What became of a call about locks; the numbers are those of the wire (XNFS, nlm4_stats).</summary>
public enum LockStatus : uint
{
    /// <summary>NLM4_GRANTED: done.</summary>
    Granted = 0,

    /// <summary>NLM4_DENIED: somebody else's lock is in the way, or there was nothing to cancel.</summary>
    Denied = 1,

    /// <summary>NLM4_DENIED_NOLOCKS: no room is left for a lock.</summary>
    NoLocks = 2,

    /// <summary>NLM4_BLOCKED: the caller waits, and is called when it has the lock.</summary>
    Blocked = 3,

    /// <summary>
    /// NLM4_DENIED_GRACE_PERIOD: not now. Locks survive the death of their owner here, so that there is no such period; callers are told so
    /// while the owner changes, and come again.
    /// </summary>
    NotNow = 4,

    /// <summary>NLM4_DEADLCK: waiting would never end. Not found out here.</summary>
    Deadlock = 5,

    /// <summary>NLM4_ROFS: nothing of it can be written.</summary>
    ReadOnly = 6,

    /// <summary>NLM4_STALE_FH: there is no such file any more.</summary>
    StaleHandle = 7,

    /// <summary>NLM4_FBIG: a file cannot have such bytes.</summary>
    TooBig = 8,

    /// <summary>NLM4_FAILED: none of the other errors.</summary>
    Failed = 9,
}

/// <summary>What a call about locks asks for.</summary>
public enum LockCallKind : byte
{
    /// <summary>Who is in the way of a lock.</summary>
    Test = 1,

    /// <summary>A lock of a range.</summary>
    Lock = 2,

    /// <summary>Not to wait for a lock any more.</summary>
    Cancel = 3,

    /// <summary>To give up what is locked of a range.</summary>
    Unlock = 4,

    /// <summary>A share of a file.</summary>
    Share = 5,

    /// <summary>To give it back.</summary>
    Unshare = 6,

    /// <summary>That a host's locks are dropped: it has restarted.</summary>
    FreeHost = 7,

    /// <summary>That the locks of all hosts of a name are dropped, wherever they are: an administrator knows them to be gone.</summary>
    FreeName = 8,
}
