using Uss.Runtime;

namespace Uss.Coordination.Simulated;

/// <summary>A watch on a <see cref="CoordinationState"/>; its batches arrive on the reactor that made it.</summary>
internal sealed class SimulatedWatch : IWatch
{
    private readonly SimulatedCoordinationStore _store;
    private readonly CoordinationState _state;
    private readonly Reactor _reactor = Reactor.Current;
    private readonly string _prefix;
    private long _revision;
    private TaskCompletionSource? _waiter;
    private bool _isDisposed;

    public SimulatedWatch(SimulatedCoordinationStore store, CoordinationState state, string prefix, long afterRevision)
    {
        _store = store;
        _state = state;
        _prefix = prefix;
        _revision = afterRevision;
        state.Add(this);
    }

    public async ValueTask<WatchBatch> NextAsync()
    {
        Invariant.Check(!_isDisposed && _waiter is null);
        while (true)
        {
            if (_state.ChangesAfter(_revision, _prefix) is { } batch)
            {
                _revision = batch.Revision;
                await _store.DelayAsync();
                return batch;
            }

            _waiter = new TaskCompletionSource();
            await _waiter.Task;
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
}
