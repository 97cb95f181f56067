namespace Uss.NfsFrontend.Locks;

/// <summary>Bounds of the locks of a file system.</summary>
public sealed record LockServiceOptions
{
    /// <summary>Most calls that wait for a lock; who comes then is told that there is no room.</summary>
    public int MaxWaiters { get; init; } = 4096;

    /// <summary>Most of them of one client.</summary>
    public int MaxWaitersOfHost { get; init; } = 256;

    /// <summary>How often a client is told that it has a lock; from one that could not be told at all the lock is then taken again.</summary>
    public int GrantAttempts { get; init; } = 9;

    /// <summary>
    /// Time between these. All together are longer than the half minute after which clients ask again by themselves: a client that cannot
    /// be called gets its lock then.
    /// </summary>
    public long GrantRetryNs { get; init; } = 10_000_000_000;
}
