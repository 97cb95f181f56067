using Uss.Runtime;

namespace Uss.Coordination.Simulated;

/// <summary>
/// One node's connection to a coordination store held in memory, with delays and faults. All time and randomness come
/// from the reactor that calls, so that a simulated world replays it. What was committed is in the
/// <see cref="CoordinationState"/>, which survives a crash of the node: make a new store over the same state.
/// </summary>
public sealed class SimulatedCoordinationStore : ICoordinationStore
{
    private static readonly CoordinationRead Unavailable = new(false, 0, []);

    private readonly CoordinationState _state;
    private bool _isClosed;

    /// <summary>Connects to <paramref name="state"/>.</summary>
    /// <param name="state">What the store holds.</param>
    /// <param name="faults">Delays and faults; null: neither.</param>
    public SimulatedCoordinationStore(CoordinationState state, SimulatedCoordinationFaults? faults = null)
    {
        _state = state;
        Faults = faults ?? new SimulatedCoordinationFaults();
    }

    /// <summary>Delays and faults; may be changed at any time.</summary>
    public SimulatedCoordinationFaults Faults { get; }

    /// <inheritdoc/>
    public async ValueTask<CoordinationRead> GetAsync(string key)
    {
        await DelayAsync();
        if (_isClosed || Faults.IsDown)
            return Unavailable;
        var read = _state.Get(key);
        await DelayAsync();
        return read;
    }

    /// <inheritdoc/>
    public async ValueTask<CoordinationRead> ListAsync(string prefix)
    {
        await DelayAsync();
        if (_isClosed || Faults.IsDown)
            return Unavailable;
        var read = _state.List(prefix);
        await DelayAsync();
        return read;
    }

    /// <inheritdoc/>
    public async ValueTask<CoordinationCommit> CommitAsync(IReadOnlyList<Condition> conditions, IReadOnlyList<Change> changes)
    {
        await DelayAsync();
        if (_isClosed || Faults.IsDown || IsLost())
            return new CoordinationCommit(CommitStatus.Unknown, 0);
        var commit = _state.Commit(conditions, changes);
        await DelayAsync();
        return IsLost() ? new CoordinationCommit(CommitStatus.Unknown, 0) : commit;
    }

    /// <inheritdoc/>
    public IWatch Watch(string prefix, long afterRevision)
    {
        Invariant.Check(!_isClosed);
        return new SimulatedWatch(this, _state, prefix, afterRevision);
    }

    /// <inheritdoc/>
    public ValueTask CloseAsync()
    {
        _isClosed = true;
        return ValueTask.CompletedTask;
    }

    /// <summary>A message's way between the node and the store. Even without a delay it takes a turn of the loop.</summary>
    internal ValueTask DelayAsync()
    {
        var reactor = Reactor.Current;
        return Faults.MaximumDelayNs > 0 ? reactor.DelayAsync(reactor.Random.Next(Faults.MaximumDelayNs) + 1) : reactor.YieldAsync();
    }

    private bool IsLost() => Faults.LostAnswers > 0 && Reactor.Current.Random.Chance(Faults.LostAnswers);
}
