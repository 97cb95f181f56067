using Uss.NfsFrontend.Metadata;

namespace Uss.NfsFrontend.Locks;

/// <summary>One call about the locks of one file, on its records.</summary>
internal sealed class LockOperation(ILockedFiles files, LockCall call) : RecordOperation
{
    /// <summary>The answer.</summary>
    public LockReply Reply { get; private set; } = new(LockStatus.Failed);

    /// <summary>Whether others may lock now what they could not before.</summary>
    public bool HasReleased { get; private set; }

    public override void Run(RecordTransaction records)
    {
        HasReleased = false;
        Reply = Decide(records);
    }

    private LockReply Decide(RecordTransaction records)
    {
        if (!files.Exists(records, call.Inode, call.Generation))
            return new LockReply(LockStatus.StaleHandle);
        if (!FileLocks.TryLoad(records, call.Inode, out var locks))
            return new LockReply(LockStatus.Failed);
        var host = HostRecords.Find(records, call.Host);
        var conflict = call.Kind is LockCallKind.Test or LockCallKind.Lock
            ? locks.Table.FindConflict(call.OwnerAs(host), call.Range, call.IsExclusive)
            : null;
        if (conflict is not null)
            return new LockReply(LockStatus.Denied, AsHolder(conflict));
        if (call.Kind == LockCallKind.Test)
            return new LockReply(LockStatus.Granted);
        if (call.Kind is LockCallKind.Lock or LockCallKind.Share)
            host = HostRecords.FindOrAdd(records, call.Host);
        if (host == HostRecords.None)
            return new LockReply(call.Kind is LockCallKind.Lock or LockCallKind.Share ? LockStatus.NoLocks : LockStatus.Granted);
        var isChanged = TryChange(locks.Table, call.OwnerAs(host));
        if (isChanged && locks.TrySave(records))
            return new LockReply(LockStatus.Granted);
        HasReleased = false;
        HostRecords.ForgetIfIdle(records, host);
        return new LockReply(isChanged ? LockStatus.NoLocks : LockStatus.Denied);
    }

    private bool TryChange(LockTable table, LockOwner owner)
    {
        switch (call.Kind)
        {
            case LockCallKind.Lock:
                HasReleased = !call.IsExclusive && table.OwnedIn(owner, call.Range).Any(held => held.Mode == LockMode.Exclusive);
                table.Lock(owner, call.Range, call.IsExclusive, call.State);
                return true;
            case LockCallKind.Unlock:
                HasReleased = table.Unlock(owner, call.Range);
                return true;
            case LockCallKind.Share:
                return table.Share(owner, call.Share, call.State);
            default:
                table.Unshare(owner);
                return true;
        }
    }

    private static LockHolder AsHolder(FileLock held) =>
        new(held.Mode == LockMode.Exclusive, held.Owner.Svid, held.Owner.Handle, held.Range);
}
