using Uss.Runtime;

namespace Uss.Coordination.Simulated;

/// <summary>A watch on a <see cref="CoordinationState"/>; its batches arrive on the reactor that made it.</summary>
internal sealed class SimulatedWatch : IWatch
{
    // How often a watch looks whether a store that is down is back.
    private const long RetryNs = 50_000_000;

    private readonly SimulatedCoordinationStore _store;
    private readonly CoordinationState _state;
    private readonly Reactor _reactor = Reactor.Current;
    private readonly string _prefix;
    private readonly bool _isBlind;
    private long _revision;
    private bool _hasReported;
    private TaskCompletionSource? _waiter;
    private long _timerNs = long.MaxValue;
    private bool _isDisposed;

    public SimulatedWatch(SimulatedCoordinationStore store, CoordinationState state, string prefix, long afterRevision)
    {
        _store = store;
        _state = state;
        _prefix = prefix;
        _revision = afterRevision;
        _isBlind = afterRevision > 0 && afterRevision < state.CompactedRevision;
        state.Add(this);
    }

    public async ValueTask<WatchBatch> NextAsync()
    {
        Invariant.Check(!_isDisposed && _waiter is null);
        while (true)
        {
            if (_store.Faults.IsDown)
            {
                await _reactor.DelayAsync(RetryNs);
            }
            else if (Take() is { } batch)
            {
                _revision = batch.Revision;
                _hasReported = true;
                await _store.DelayAsync();
                if (!_isDisposed)
                    return batch;
                await new TaskCompletionSource().Task;
            }
            else
            {
                // It has seen everything: what is compacted from now on is no loss.
                _revision = _state.Revision;
                _waiter = new TaskCompletionSource();
                await _waiter.Task;
            }
        }
    }

    public void Dispose()
    {
        _isDisposed = true;
        _state.Remove(this);
    }

    /// <summary>Called when something changed, possibly from another node's turn.</summary>
    internal void Wake()
    {
        if (_waiter is not { } waiter)
            return;
        _waiter = null;
        _reactor.Post(static state => ((TaskCompletionSource)state!).SetResult(), waiter);
    }

    /// <summary>Called when there is a lease, possibly from another node's turn: the watch is to see its end.</summary>
    internal void ExpectLeaseEnd() => _reactor.Post(static state => ((SimulatedWatch)state!).SetTimer(), this);

    private WatchBatch? Take()
    {
        var next = _state.ChangesAfter(_revision, _prefix);
        if (_revision < _state.CompactedRevision || (next is not null && _store.IsWatchGap()))
            return _state.DifferenceSince(_revision, _prefix, isWhole: _isBlind && !_hasReported);
        return next;
    }

    private void SetTimer()
    {
        if (_isDisposed || _state.NextLeaseEndNs is not { } endNs || endNs >= _timerNs)
            return;
        _timerNs = endNs;
        _reactor.Schedule(
            Math.Max(endNs - _reactor.MonotonicNs, 0),
            static state =>
            {
                var watch = (SimulatedWatch)state!;
                watch._timerNs = long.MaxValue;
                watch._state.EndLeasesBefore(watch._reactor.MonotonicNs);
                watch.SetTimer();
            },
            this);
    }
}
