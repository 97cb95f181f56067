using Uss.NfsFrontend.Metadata;
using Uss.Runtime;

namespace Uss.NfsFrontend.Locks;

/// <summary>
/// The locks of one file system, at its owner. They are records: a call that was answered survives the owner's death, so that there is no
/// time of grace in which clients claim their locks again.
/// </summary>
public sealed partial class LockService
{
    private readonly Reactor _reactor;
    private readonly IRecordStore _records;
    private readonly ILockedFiles _files;
    private readonly ILockGrants _grants;
    private readonly LockServiceOptions _options;
    private bool _isStopped;

    /// <summary>Creates the service for as long as this node owns the file system.</summary>
    /// <param name="reactor">The reactor that it runs on.</param>
    /// <param name="records">The file system's records.</param>
    /// <param name="files">Which files there are.</param>
    /// <param name="grants">Tells clients that they have what they wait for.</param>
    /// <param name="options">Its bounds; null: the default ones.</param>
    public LockService(Reactor reactor, IRecordStore records, ILockedFiles files, ILockGrants grants, LockServiceOptions? options = null)
    {
        _reactor = reactor;
        _records = records;
        _files = files;
        _grants = grants;
        _options = options ?? new LockServiceOptions();
    }

    /// <summary>Calls that wait for a lock, or are being told that they have it.</summary>
    public int Waiters => _queues.Values.Sum(queue => queue.Waiters.Count);

    /// <summary>Carries out a call. The answer is durable.</summary>
    public async ValueTask<LockReply> CallAsync(LockCall call)
    {
        if (_isStopped)
            return new LockReply(LockStatus.NotNow);
        switch (call.Kind)
        {
            case LockCallKind.Lock:
                return await LockAsync(call);
            case LockCallKind.Cancel:
                return await CancelAsync(call);
            case LockCallKind.FreeHost or LockCallKind.FreeName:
                return await FreeAsync(call);
            case LockCallKind.Unlock:
                await SettleAsync(call);
                return await RunAsync(call);
            default:
                return await RunAsync(call);
        }
    }

    /// <summary>This node does not own the file system any more: nobody waits here from now on.</summary>
    public void Stop()
    {
        _isStopped = true;
        foreach (var waiter in _queues.Values.SelectMany(queue => queue.Waiters))
            waiter.State = LockWaiterState.Gone;
        _queues.Clear();
        _waitersOf.Clear();
    }

    /// <summary>What a failure of the records means to a client; null when there is none.</summary>
    private static LockReply? Failure(RecordStatus status) => status switch
    {
        RecordStatus.Ok => null,
        RecordStatus.Lost => new LockReply(LockStatus.NotNow),
        RecordStatus.NoSpace => new LockReply(LockStatus.NoLocks),
        _ => new LockReply(LockStatus.Failed),
    };

    private async ValueTask<LockReply> RunAsync(LockCall call)
    {
        var operation = new LockOperation(_files, call);
        var failure = Failure(await _records.RunAsync(operation));
        if (failure is null && operation.HasReleased)
            Wake(call.Inode);
        return failure ?? operation.Reply;
    }

    private async ValueTask<LockReply> LockAsync(LockCall call)
    {
        await SettleAsync(call);

        // It waits before anybody has looked, so that no unlocking is missed.
        var (waiter, isNew) = call.IsBlocking ? FindOrAdd(call) : (null, false);
        var reply = await RunAsync(call);
        if (waiter is null)
            return call.IsBlocking && reply.Status == LockStatus.Denied ? new LockReply(LockStatus.NoLocks) : reply;
        if (reply.Status != LockStatus.Denied)
        {
            if (isNew || reply.Status == LockStatus.Granted)
                Leave(waiter);
            return reply;
        }

        if (waiter.State != LockWaiterState.Granting)
            return new LockReply(waiter.State == LockWaiterState.Waiting ? LockStatus.Blocked : LockStatus.Denied);

        // Who asked got what it wants while it was asking.
        Leave(waiter);
        return new LockReply(LockStatus.Granted);
    }

    private async ValueTask<LockReply> FreeAsync(LockCall call)
    {
        await DropWaitersAsync(call);
        var operation = new FreeOperation(call);
        while (true)
        {
            var failure = Failure(await _records.RunAsync(operation));
            if (failure is not null || operation.IsOver)
                return failure ?? new LockReply(LockStatus.Granted);
            if (operation.Freed is { } inode)
                Wake(inode);
            operation.Advance();
        }
    }
}
