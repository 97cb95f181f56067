using Uss.Runtime;

namespace Uss.Replication.Rpc;

/// <summary>
/// All calls under way and the one timer over them. The timer stands at the earliest deadline known when it was set;
/// most calls are long over by then, so that it seldom fires and nothing is sorted.
/// </summary>
internal sealed class RpcWatch(Reactor reactor, Action<RpcCall> expire)
{
    // Calls that end within this time of each other end together, so that many deadlines do not cost a scan each.
    private const long GrainNs = 1_000_000;

    private RpcCall? _newest;
    private ReactorTimer? _timer;
    private long _timerNs = long.MaxValue;
    private bool _isLooking;
    private bool _isStopped;

    /// <summary>The oldest call, or null.</summary>
    public RpcCall? Oldest { get; private set; }

    public void Add(RpcCall call)
    {
        call.PreviousWatched = _newest;
        if (_newest is { } newest)
            newest.NextWatched = call;
        else
            Oldest = call;
        _newest = call;
        if (call.DeadlineNs < _timerNs)
            SetTimer(call.DeadlineNs);
    }

    public void Remove(RpcCall call)
    {
        if (call.PreviousWatched is { } previous)
            previous.NextWatched = call.NextWatched;
        else
            Oldest = call.NextWatched;
        if (call.NextWatched is { } next)
            next.PreviousWatched = call.PreviousWatched;
        else
            _newest = call.PreviousWatched;
        call.PreviousWatched = call.NextWatched = null;
    }

    /// <summary>Gives a call another deadline.</summary>
    public void Postpone(RpcCall call, long deadlineNs)
    {
        call.DeadlineNs = deadlineNs;
        if (deadlineNs < _timerNs)
            SetTimer(deadlineNs);
    }

    /// <summary>No call is under way any more, and none will be.</summary>
    public void Stop()
    {
        _isStopped = true;
        _timer?.Cancel();
    }

    private void SetTimer(long deadlineNs)
    {
        if (_isLooking || _isStopped)
            return;
        _timer?.Cancel();
        _timerNs = deadlineNs;
        var delayNs = Math.Max(deadlineNs - reactor.MonotonicNs, GrainNs);
        _timer = reactor.Schedule(delayNs, static watch => ((RpcWatch)watch!).Look(), this);
    }

    private void Look()
    {
        // Ending a call runs its waiter, which may add and end others: look again from the start, then set the timer once.
        _isLooking = true;
        while (FindExpired() is { } call)
            expire(call);
        _isLooking = false;
        _timerNs = long.MaxValue;
        var earliestNs = long.MaxValue;
        for (var call = Oldest; call is not null; call = call.NextWatched)
            earliestNs = Math.Min(earliestNs, call.DeadlineNs);
        if (earliestNs != long.MaxValue)
            SetTimer(earliestNs);
    }

    private RpcCall? FindExpired()
    {
        var nowNs = reactor.MonotonicNs;
        for (var call = Oldest; call is not null; call = call.NextWatched)
        {
            if (call.DeadlineNs <= nowNs)
                return call;
        }

        return null;
    }
}
