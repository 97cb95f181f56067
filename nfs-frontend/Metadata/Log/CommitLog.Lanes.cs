using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>Those who write commits: two lanes, each with one write under way.</summary>
internal sealed partial class CommitLog
{
    private const long RetryIntervalNs = 100_000_000;

    private readonly long _retryNs;
    private int _starvedLanes;

    /// <summary>True while a commit waits for space: no more changes are to be begun.</summary>
    public bool IsStarved => _starvedLanes > 0;

    /// <summary>Nothing is to be written any more, be it that all is durable or that the store is lost; lanes end when their writes have.</summary>
    public void Stop()
    {
        _isStopping = true;
        _lanes.CompleteAll(RecordStatus.Ok);
    }

    /// <summary>The store is lost: all who wait for a commit hear of it.</summary>
    public void Fail(RecordStatus status)
    {
        _isFailed = true;
        Stop();
        foreach (var commit in _sealed)
            commit.Waiters.CompleteAll(status);
        _gathering?.Waiters.CompleteAll(status);
    }

    /// <summary>Gives the memory back, once stopped.</summary>
    public void Close()
    {
        Invariant.Check(IsStopped);
        _gathering?.Release();
        while (_sealed.TryDequeue(out var commit))
            commit.Release();
        while (_free.TryPop(out var commit))
            commit.Release();
        _gathering = null;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask RunLaneAsync()
    {
        while (!_isStopping)
        {
            if (TakeNext() is not { } commit)
            {
                await _lanes.WaitAsync();
                continue;
            }

            var status = await _space.WriteAsync(_ring.OffsetOf(commit.Position), commit.Slice);
            if (status == RecordStatus.NoSpace)
                status = await RetryAsync(commit);
            if (_isFailed)
                continue;
            if (status == RecordStatus.Ok)
                OnWritten(commit);
            else
                _fail(status == RecordStatus.NoSpace ? await WithdrawAsync(commit) : RecordStatus.Lost);
        }

        _runningLanes--;
    }

    // What has been applied cannot be taken back one by one, so the commit is written again and again, in the hope that somebody
    // makes room meanwhile. Nobody begins further changes while it is.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<RecordStatus> RetryAsync(Commit commit)
    {
        _starvedLanes++;
        _progress();
        var deadlineNs = _reactor.MonotonicNs + _retryNs;
        var status = RecordStatus.NoSpace;
        while (status == RecordStatus.NoSpace && !_isFailed)
        {
            // Only the oldest one gives up: so the others are behind it and need no thought.
            if (_reactor.MonotonicNs >= deadlineNs && _sealed.Peek() == commit)
                break;
            await _reactor.DelayAsync(RetryIntervalNs);

            // A checkpoint that has its changes is as good.
            status = commit.Sequence <= _coveredSequence
                ? RecordStatus.Ok
                : await _space.WriteAsync(_ring.OffsetOf(commit.Position), commit.Slice);
        }

        _starvedLanes--;
        return status;
    }

    // Nobody may find the commit later when its callers are told that nothing was changed. A discard needs no room.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<RecordStatus> WithdrawAsync(Commit commit)
    {
        if (!_stopCheckpoints())
            return RecordStatus.Lost;
        var discarded = await _space.DiscardAsync(_ring.OffsetOf(commit.Position), MetadataLayout.BlockBytes);
        return discarded == RecordStatus.Ok ? RecordStatus.NoSpace : RecordStatus.Lost;
    }

    private Commit? TakeNext()
    {
        foreach (var commit in _sealed)
        {
            if (commit.Sequence > DurableSequence + CommitsInFlight)
                return null;
            if (commit.IsTaken)
                continue;
            commit.IsTaken = true;
            return commit;
        }

        return null;
    }

    private void OnWritten(Commit commit)
    {
        WrittenBytes += (long)commit.Blocks * MetadataLayout.BlockBytes;
        Commits++;
        commit.IsWritten = true;
        while (!_isFailed && _sealed.TryPeek(out var first) && first.IsWritten)
        {
            _sealed.Dequeue();
            DurableSequence = first.Sequence;
            foreach (var touched in first.Objects)
            {
                if (_sequenceOf.TryGetValue(touched, out var sequence) && sequence == first.Sequence)
                    _sequenceOf.Remove(touched);
            }

            _free.Push(first);
            SealIfIdle();

            // Who waited may begin the next operation at once, and even find this commit's object in use again.
            first.Waiters.CompleteAll(RecordStatus.Ok);
        }

        _progress();
    }
}
