using Uss.NfsFrontend.Metadata;

namespace Uss.NfsFrontend.Locks;

/// <summary>Gives those who wait for locks of a file what they can have, first come first served.</summary>
internal sealed class GrantOperation(ILockedFiles files, ulong inode, IReadOnlyList<LockWaiter> waiters) : RecordOperation
{
    /// <summary>Who has its lock now, and what it held of the range before.</summary>
    public List<(LockWaiter Waiter, IReadOnlyList<FileLock> Before)> Granted { get; } = [];

    /// <summary>Who waits for a file that is no more.</summary>
    public List<LockWaiter> Stale { get; } = [];

    public override void Run(RecordTransaction records)
    {
        Granted.Clear();
        Stale.Clear();
        if (!FileLocks.TryLoad(records, inode, out var locks))
            return;
        foreach (var waiter in waiters)
        {
            // Its client may have got the lock otherwise, and given it back, since this operation was begun.
            if (waiter.State != LockWaiterState.Waiting)
                continue;
            var call = waiter.Call;
            if (!files.Exists(records, inode, call.Generation))
            {
                Stale.Add(waiter);
                continue;
            }

            var host = HostRecords.Find(records, call.Host);
            if (locks.Table.FindConflict(call.OwnerAs(host), call.Range, call.IsExclusive) is not null)
                continue;
            host = HostRecords.FindOrAdd(records, call.Host);
            if (host == HostRecords.None)
                continue;
            Granted.Add((waiter, locks.Table.OwnedIn(call.OwnerAs(host), call.Range)));
            locks.Table.Lock(call.OwnerAs(host), call.Range, call.IsExclusive, call.State);
        }

        if (Granted.Count == 0 || locks.TrySave(records))
            return;

        // No room: they wait on, and whoever got a number for it gives it back.
        foreach (var (waiter, _) in Granted)
        {
            var host = HostRecords.Find(records, waiter.Call.Host);
            if (host != HostRecords.None)
                HostRecords.ForgetIfIdle(records, host);
        }

        Granted.Clear();
    }
}

/// <summary>Takes a lock back that its client does not want: then it holds what it held before.</summary>
internal sealed class UndoOperation(LockCall call, IReadOnlyList<FileLock> before) : RecordOperation
{
    public override void Run(RecordTransaction records)
    {
        var host = HostRecords.Find(records, call.Host);
        if (host == HostRecords.None || !FileLocks.TryLoad(records, call.Inode, out var locks))
            return;
        var owner = call.OwnerAs(host);
        if (!locks.Table.Unlock(owner, call.Range))
            return;
        foreach (var held in before)
        {
            var range = new LockRange(Math.Max(held.Range.Start, call.Range.Start), Math.Min(held.Range.Last, call.Range.Last));
            locks.Table.Lock(owner, range, held.Mode == LockMode.Exclusive, held.State);
        }

        locks.TrySave(records);
    }
}
