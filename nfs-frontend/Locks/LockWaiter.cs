namespace Uss.NfsFrontend.Locks;

/// <summary>Where a call is that waits for a lock.</summary>
internal enum LockWaiterState
{
    /// <summary>It waits.</summary>
    Waiting,

    /// <summary>It has the lock, and its client is being told.</summary>
    Granting,

    /// <summary>It waits no more.</summary>
    Gone,
}

/// <summary>A call that waits for a lock; in memory only: clients ask again after a fail-over.</summary>
internal sealed class LockWaiter(LockCall call)
{
    /// <summary>The call, as it came last.</summary>
    public LockCall Call { get; set; } = call;

    public LockWaiterState State { get; set; }

    /// <summary>Whether its lock is not taken back: its owner has locked some of the range by another call since.</summary>
    public bool IsKept { get; set; }

    /// <summary>What it held of the range before it had the lock; null while it has not.</summary>
    public IReadOnlyList<FileLock>? Before { get; set; }

    /// <summary>Set when its lock has been taken back; other calls of its owner wait for that. Null when it is not.</summary>
    public LockSignal? Undoing { get; set; }
}

/// <summary>Those who wait for locks of one file, in the order in which they came.</summary>
internal sealed class LockQueue(ulong inode)
{
    public ulong Inode { get; } = inode;

    public List<LockWaiter> Waiters { get; } = [];

    /// <summary>Whether something was unlocked since those who wait were last looked at.</summary>
    public bool IsDirty { get; set; }

    /// <summary>Set when those who wait have been looked at; null when nobody does so.</summary>
    public LockSignal? Pump { get; set; }
}
