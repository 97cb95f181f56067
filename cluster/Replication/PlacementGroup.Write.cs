using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

public sealed partial class PlacementGroup
{
    /// <summary>
    /// Writes whole blocks of one object; durable on every in-sync member when it completes. A disk that is catching up may lag: what
    /// comes later in the same blocks waits for it.
    /// </summary>
    /// <param name="id">The object.</param>
    /// <param name="firstBlock">First block within it.</param>
    /// <param name="source">Page-aligned, a multiple of 4096 bytes; the caller keeps its reference.</param>
    /// <param name="checksums">CRC-32C of each block.</param>
    /// <param name="snapshotSequence">Newest snapshot sequence of the space.</param>
    /// <param name="operation">Which operation of a front-end it is; null: none.</param>
    /// <param name="term">The term of <see cref="Term"/> in which it is made or never; 0: any.</param>
    public ValueTask<GroupResult> WriteAsync(
        ObjectId id,
        int firstBlock,
        BufferSlice source,
        ReadOnlyMemory<uint> checksums,
        uint snapshotSequence = 0,
        OperationStamp? operation = null,
        long term = 0)
    {
        var arrivedNs = _context.Pace.NoteArrival();
        var ticket = _context.Locks.Enter(id.Space, AbsoluteBlock(id, firstBlock), source.Length / StoreUnits.BlockBytes, true);
        return WriteUnderAsync(ticket, id, firstBlock, source, checksums, snapshotSequence, operation ?? OperationStamp.None, arrivedNs, term);
    }

    // Leaves the ticket if one is given; otherwise the caller holds the range and knows that the group can be written.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<GroupResult> WriteUnderAsync(
        RangeLockTicket? ticket,
        ObjectId id,
        int firstBlock,
        BufferSlice source,
        ReadOnlyMemory<uint> checksums,
        uint snapshotSequence,
        OperationStamp operation,
        long arrivedNs = 0,
        long term = 0)
    {
        if (ticket is { IsGranted: false })
            await ticket.WaitAsync();
        var result = new GroupResult(GroupStatus.NotServed);
        var isLagging = false;
        if ((ticket is null ? _targets.Length > 0 : CanWrite || await WaitUntilWritableAsync())
            && (ticket is null || !MustWaitForRoom(source.Length) || await WaitForRoomAsync(source.Length))
            && Owns(id)
            && (term == 0 || term == _term)
            && MayTakeEffect(operation, ref result))
        {
            var write = new StoreWrite
            {
                Id = id,
                FirstBlock = firstBlock,
                Source = source,
                Checksums = checksums,
                Version = NextVersion(),
                SnapshotSequence = snapshotSequence,
            };
            var token = _tracker.Begin(write.Version);
            var targets = _targets;

            // Most groups have one member: that way is kept free of everything that only several need.
            if (targets.Length == 1 && _minimumCopies == 1)
            {
                result = ToGroupResult(await targets[0].Replica.WriteAsync(StampFor(operation.Id), write));
            }
            else if (IsShortOfSpace(source.Length))
            {
                result = new GroupResult(GroupStatus.NoSpace);
            }
            else
            {
                var fanOut = _context.FanOuts.Rent();
                await fanOut.WriteAsync(targets, StampFor(operation.Id), write, mayLag: ticket is not null);
                result = AllSucceeded(fanOut, targets) ? GroupResult.Ok : await ConcludeAsync(fanOut, targets, id);
                isLagging = fanOut.IsLaggardPending;
                if (isLagging)
                    fanOut.Lag(new LaggingChange(this, ticket!, token, result));
                else if (fanOut.Laggard is { } laggard)
                    Settle(laggard, fanOut.ResultOf(targets.Length - 1), result);
                fanOut.Return();
            }

            // Nothing was changed when there is no space; without an answer nobody knows.
            if (!isLagging)
                _tracker.End(token, result.Status != GroupStatus.Unavailable);
            if (result.Status == GroupStatus.Unavailable)
                _context.MemberFailed?.Invoke(targets[0].DiskId);
        }

        if (ticket is not null)
        {
            if (!isLagging)
                _context.Locks.Leave(ticket);
            _context.Pace.NoteEnd(isWrite: true, arrivedNs);
        }

        return result.Status == GroupStatus.NotServed && ticket is not null && term == 0 && FindHeir(id) is { } heir
            ? await heir.WriteAsync(id, firstBlock, source, checksums, snapshotSequence, operation)
            : result;
    }

    /// <summary>Makes blocks absent; durable on every in-sync member when it completes. Parameters as of <see cref="WriteAsync"/>.</summary>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<GroupResult> DiscardAsync(
        ObjectId id, int firstBlock, int blockCount, uint snapshotSequence = 0, OperationStamp? operation = null, long term = 0)
    {
        var ticket = _context.Locks.Enter(id.Space, AbsoluteBlock(id, firstBlock), blockCount, true);
        if (!ticket.IsGranted)
            await ticket.WaitAsync();
        var result = new GroupResult(GroupStatus.NotServed);
        var stamp = operation ?? OperationStamp.None;
        if ((CanWrite || await WaitUntilWritableAsync()) && Owns(id) && (term == 0 || term == _term) && MayTakeEffect(stamp, ref result))
            result = await DiscardOnMembersAsync(id, firstBlock, blockCount, snapshotSequence, stamp.Id);
        _context.Locks.Leave(ticket);
        return result.Status == GroupStatus.NotServed && term == 0 && FindHeir(id) is { } heir
            ? await heir.DiscardAsync(id, firstBlock, blockCount, snapshotSequence, operation)
            : result;
    }

    /// <summary>A change that its caller does not wait for any more has ended on the member that lagged, too.</summary>
    internal void EndLagging(in LaggingChange change, GroupMember laggard, StoreResult answer)
    {
        Settle(laggard, answer, change.Result);
        _tracker.End(change.Token, change.Result.Status != GroupStatus.Unavailable);
        _context.Locks.Leave(change.Ticket);
    }

    // One that did not make the change that the others made, or made one that they did not, does not become equal to them.
    private void Settle(GroupMember laggard, StoreResult answer, GroupResult result)
    {
        var isAlike = result.Status switch
        {
            GroupStatus.Ok => answer.IsOk,
            GroupStatus.NoSpace => answer.Status == StoreStatus.NoSpace,
            _ => false,
        };
        if (!isAlike && laggard == _joiner)
            DropJoiner();
    }

    // The caller holds the range.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<GroupResult> DiscardOnMembersAsync(
        ObjectId id, int firstBlock, int blockCount, uint snapshotSequence, ulong operation)
    {
        var targets = _targets;
        if (targets.Length == 0)
            return new GroupResult(GroupStatus.Unavailable);
        var version = NextVersion();
        var token = _tracker.Begin(version);
        var fanOut = _context.FanOuts.Rent();
        await fanOut.DiscardAsync(targets, StampFor(operation), id, firstBlock, blockCount, version, snapshotSequence);
        var result = AllSucceeded(fanOut, targets) ? GroupResult.Ok : await ConcludeAsync(fanOut, targets, id);
        fanOut.Return();
        _tracker.End(token, result.Status != GroupStatus.Unavailable);
        if (result.Status == GroupStatus.Unavailable)
            _context.MemberFailed?.Invoke(targets[0].DiskId);
        return result;
    }

    private GroupStamp StampFor(ulong operation) => _stamp with { CleanVersion = _tracker.CleanVersion, Operation = operation };

    // One that is tried again may have taken effect before. Only who was a member all the time since it arrived can tell.
    private bool MayTakeEffect(OperationStamp operation, ref GroupResult result)
    {
        if (_context.Reactor.MonotonicNs >= operation.UntilNs)
        {
            result = new GroupResult(GroupStatus.NotServed);
            return false;
        }

        if (!operation.IsRepeated)
            return true;
        var gate = _context.Gates.Of(Id);
        var outcome = operation.ArrivedNs < _memberSinceNs ? OperationOutcome.Unknown : gate.Find(operation.Id);
        if (outcome == OperationOutcome.NotSeen
            && (operation.ArrivedNs <= gate.CopiedNs
                || _context.Gates.IsKnownToElders(Id, Groups, operation.Id, operation.ArrivedNs)))
            outcome = OperationOutcome.Unknown;
        result = outcome switch
        {
            OperationOutcome.Done => GroupResult.Ok,
            OperationOutcome.Unknown => new GroupResult(GroupStatus.Unavailable),
            _ => result,
        };
        return outcome == OperationOutcome.NotSeen;
    }

    private static bool AllSucceeded(MemberFanOut fanOut, GroupMember[] targets)
    {
        for (var i = 0; i < targets.Length; i++)
        {
            if (targets[i] != fanOut.Laggard && !fanOut.ResultOf(i).IsOk)
                return false;
        }

        return true;
    }

    // A copy that alone has no space would leave the set of copies by and by, so the group is full when one of them is.
    private bool IsShortOfSpace(int bytes)
    {
        foreach (var member in _members)
        {
            if (!member.IsFailed && member.Replica.FreeBytes < bytes)
                return true;
        }

        return false;
    }

    // A member's disk has room, but this node has used its share of it: the disk tells of it anew with the next heartbeat.
    private bool MustWaitForRoom(int bytes)
    {
        var mustWait = false;
        foreach (var member in _members)
        {
            if (member.IsFailed || member.Replica.FreeBytes >= bytes)
                continue;
            if (member.Replica.ShareBytes < bytes)
                return false;
            mustWait = true;
        }

        return mustWait;
    }

    // False when the group cannot be written any more.
    private async ValueTask<bool> WaitForRoomAsync(int bytes)
    {
        const long pauseNs = 20_000_000;
        const int mostPauses = 150;
        for (var pauses = 0; pauses < mostPauses && MustWaitForRoom(bytes); pauses++)
        {
            await _context.Reactor.DelayAsync(pauseNs);
            if (!CanWrite && !await WaitUntilWritableAsync())
                return false;
        }

        return true;
    }

    // Some member did not make the change. The others go on without it: it is removed by a committed change of the
    // record, and only then the caller hears of success.
    private async ValueTask<GroupResult> ConcludeAsync(MemberFanOut fanOut, GroupMember[] targets, ObjectId id)
    {
        // The members' refusal is meant for what this group was before it was split, and its record says nothing any more about
        // who holds the object.
        if (!Owns(id))
            return new GroupResult(GroupStatus.Unavailable);
        var survivors = StoreStatus.Closed;
        for (var i = 0; i < targets.Length; i++)
        {
            var status = fanOut.ResultOf(i).Status;
            var isBetter = status == StoreStatus.Ok || (status == StoreStatus.NoSpace && survivors != StoreStatus.Ok);
            if (targets[i].Role == MemberRole.InSync && isBetter)
                survivors = status;
        }

        for (var i = 0; i < targets.Length; i++)
        {
            var member = targets[i];
            if (fanOut.ResultOf(i).Status == survivors || member.Role == MemberRole.Gone || member == fanOut.Laggard)
                continue;
            if (member.Role == MemberRole.Joining)
                DropJoiner();
            else if (survivors != StoreStatus.Closed && !Fail(member) && State == GroupState.Active)
                ChangeState(GroupState.Unavailable);
        }

        if (survivors == StoreStatus.Closed || !await RemoveFailedAsync() || !Owns(id))
            return new GroupResult(GroupStatus.Unavailable);
        return survivors == StoreStatus.Ok ? GroupResult.Ok : new GroupResult(GroupStatus.NoSpace);
    }
}
