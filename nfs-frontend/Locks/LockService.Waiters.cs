using Uss.NfsFrontend.Metadata;

namespace Uss.NfsFrontend.Locks;

// Who waits for a lock. Its place is taken before the records are asked, and is looked at by the operation that gives out locks: so of a
// call that is answered and a call-back that is under way only one gives the lock, and nobody keeps one that nobody knows of.
public sealed partial class LockService
{
    private readonly Dictionary<ulong, LockQueue> _queues = [];
    private readonly Dictionary<LockHost, int> _waitersOf = [];

    private (LockWaiter? Waiter, bool IsNew) FindOrAdd(LockCall call)
    {
        if (_queues.TryGetValue(call.Inode, out var queue) && queue.Waiters.Find(other => other.Call.IsSameLock(call)) is { } waiter)
        {
            // Asking again shows that the client is there; it may also have come to another front-end.
            waiter.Call = call;
            return (waiter, false);
        }

        var ofHost = _waitersOf.GetValueOrDefault(call.Host);
        if (ofHost >= _options.MaxWaitersOfHost || Waiters >= _options.MaxWaiters)
            return (null, false);
        if (queue is null)
            _queues[call.Inode] = queue = new LockQueue(call.Inode);
        _waitersOf[call.Host] = ofHost + 1;
        waiter = new LockWaiter(call);
        queue.Waiters.Add(waiter);
        return (waiter, true);
    }

    private void Leave(LockWaiter waiter)
    {
        waiter.State = LockWaiterState.Gone;
        if (!_queues.TryGetValue(waiter.Call.Inode, out var queue) || !queue.Waiters.Remove(waiter))
            return;
        if (queue.Waiters.Count == 0)
            _queues.Remove(queue.Inode);
        if (--_waitersOf[waiter.Call.Host] == 0)
            _waitersOf.Remove(waiter.Call.Host);
    }

    // Before a call of an owner: what is being taken back from it is gone first. What it is being told of and asks for again, or gives up, it
    // knows of; and what it locks now inside of such a range must not go with that one.
    private async ValueTask SettleAsync(LockCall call)
    {
        while (Find(call, waiter => waiter.Undoing is not null) is { Undoing: { } undoing })
            await undoing.WaitAsync();
        if (!_queues.TryGetValue(call.Inode, out var queue))
            return;
        foreach (var waiter in queue.Waiters.ToArray())
        {
            if (waiter.State != LockWaiterState.Granting || !waiter.Call.IsSameOwner(call) || !waiter.Call.Range.Overlaps(call.Range))
                continue;
            if (call.Kind == LockCallKind.Unlock || waiter.Call.IsSameLock(call))
                Leave(waiter);
            else
                waiter.IsKept = true;
        }
    }

    private async ValueTask<LockReply> CancelAsync(LockCall call)
    {
        var waiter = Find(call, waiter => waiter.Call.IsSameLock(call) && waiter.Undoing is null && !waiter.IsKept);
        if (waiter is null)
            return new LockReply(LockStatus.Denied);
        await RevokeAsync(waiter);
        return new LockReply(LockStatus.Granted);
    }

    private LockWaiter? Find(LockCall call, Predicate<LockWaiter> condition) => !_queues.TryGetValue(call.Inode, out var queue)
        ? null
        : queue.Waiters.Find(waiter => waiter.Call.IsSameOwner(call) && condition(waiter));

    // All those of a host, or of a name, that is freed.
    private async ValueTask DropWaitersAsync(LockCall call)
    {
        foreach (var queue in _queues.Values.ToArray())
        {
            foreach (var waiter in queue.Waiters.ToArray())
            {
                var isMeant = call.Kind == LockCallKind.FreeHost
                    ? waiter.Call.Host.IsSameClient(call.Host)
                    : waiter.Call.Host.Name.Span.SequenceEqual(call.Host.Name.Span);
                if (isMeant && waiter.Undoing is null && !(call.KeepsState && waiter.Call.State == call.State))
                    await RevokeAsync(waiter);
            }
        }
    }

    // The waiter waits no more; if it has got its lock, or gets it just now, the lock is taken back.
    private async ValueTask RevokeAsync(LockWaiter waiter)
    {
        var undone = waiter.Undoing = new LockSignal();
        waiter.State = LockWaiterState.Gone;
        if (_queues.TryGetValue(waiter.Call.Inode, out var queue) && queue.Pump is { } pump)
            await pump.WaitAsync();
        if (waiter.Before is { } before)
        {
            await _records.RunAsync(new UndoOperation(waiter.Call, before));
            Wake(waiter.Call.Inode);
        }

        Leave(waiter);
        waiter.Undoing = null;
        undone.Set();
    }

    // Something of a file was unlocked.
    private void Wake(ulong inode)
    {
        if (!_queues.TryGetValue(inode, out var queue))
            return;
        queue.IsDirty = true;
        if (queue.Pump is null)
            _reactor.Spawn(PumpAsync(queue));
    }

    private async ValueTask PumpAsync(LockQueue queue)
    {
        var pump = queue.Pump = new LockSignal();
        while (queue.IsDirty && !_isStopped)
        {
            queue.IsDirty = false;
            var operation = new GrantOperation(_files, queue.Inode, queue.Waiters.FindAll(waiter => waiter.State == LockWaiterState.Waiting));
            if (await _records.RunAsync(operation) != RecordStatus.Ok || _isStopped)
                break;
            foreach (var (waiter, before) in operation.Granted)
            {
                waiter.Before = before;
                if (waiter.State != LockWaiterState.Waiting)
                    continue;
                waiter.State = LockWaiterState.Granting;
                _reactor.Spawn(TellAsync(waiter));
            }

            foreach (var waiter in operation.Stale)
                Leave(waiter);
        }

        queue.Pump = null;
        pump.Set();
    }

    private async ValueTask TellAsync(LockWaiter waiter)
    {
        var mayKnow = false;
        for (var attempt = 0; attempt < _options.GrantAttempts; attempt++)
        {
            var outcome = await _grants.GrantAsync(waiter.Call);
            if (waiter.State != LockWaiterState.Granting)
                return;
            if (outcome is GrantOutcome.Accepted or GrantOutcome.Refused)
            {
                // Who took it when it was told before, and was not heard, does not wait for it any more either.
                if (outcome == GrantOutcome.Accepted || mayKnow || waiter.IsKept)
                    Leave(waiter);
                else
                    await RevokeAsync(waiter);
                return;
            }

            mayKnow |= outcome == GrantOutcome.Unknown;
            await _reactor.DelayAsync(_options.GrantRetryNs);
            if (waiter.State != LockWaiterState.Granting)
                return;
        }

        // Who may know keeps it, and its place until it is heard of: it may still cancel, or restart.
        if (!mayKnow && !waiter.IsKept)
            await RevokeAsync(waiter);
    }
}
