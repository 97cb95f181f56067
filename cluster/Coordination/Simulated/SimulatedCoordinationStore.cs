using Uss.Runtime;

namespace Uss.Coordination.Simulated;

/// <summary>
/// One node's connection to a coordination store held in memory, with delays and faults. All time and randomness come
/// from the reactor that calls, so that a simulated world replays it. What was committed is in the
/// <see cref="CoordinationState"/>, which survives a crash of the node: make a new store over the same state.
/// </summary>
public sealed class SimulatedCoordinationStore : ICoordinationStore
{
    private const long NsPerMs = 1_000_000;

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

    private static long NowNs => Reactor.Current.MonotonicNs;

    /// <inheritdoc/>
    public async ValueTask<CoordinationRead> GetAsync(string key)
    {
        if (!await ReachAsync())
            return Unavailable;
        var read = _state.Get(key);
        await DelayAsync();
        return read;
    }

    /// <inheritdoc/>
    public async ValueTask<CoordinationRead> ListAsync(string prefix)
    {
        if (!await ReachAsync())
            return Unavailable;
        var read = _state.List(prefix);
        await DelayAsync();
        return read;
    }

    /// <inheritdoc/>
    public async ValueTask<CoordinationCommit> CommitAsync(IReadOnlyList<Condition> conditions, IReadOnlyList<Change> changes)
    {
        if (!await ReachAsync() || IsHit(Faults.LostAnswers))
            return new CoordinationCommit(CommitStatus.Unknown, 0);
        if (Faults.MaximumCommitNs > 0)
        {
            await Reactor.Current.DelayAsync(Reactor.Current.Random.Next(Faults.MaximumCommitNs) + 1);
            _state.EndLeasesBefore(NowNs);
        }

        var commit = _state.Commit(conditions, changes);
        await DelayAsync();
        return IsHit(Faults.LostAnswers) ? new CoordinationCommit(CommitStatus.Unknown, 0) : commit;
    }

    /// <inheritdoc/>
    public IWatch Watch(string prefix, long afterRevision)
    {
        Invariant.Check(!_isClosed);
        return new SimulatedWatch(this, _state, prefix, afterRevision);
    }

    /// <inheritdoc/>
    public async ValueTask<long?> GrantLeaseAsync(long ttlMs)
    {
        Invariant.Check(ttlMs > 0);
        if (!await ReachAsync())
            return null;
        var lease = _state.GrantLease(NowNs, ttlMs * NsPerMs, NextExtensionNs());
        await DelayAsync();
        return lease;
    }

    /// <inheritdoc/>
    public async ValueTask<LeaseStatus> KeepLeaseAsync(long lease)
    {
        if (!await ReachAsync())
            return LeaseStatus.Unknown;
        if (IsHit(Faults.LostLeases))
            _state.EndLease(lease);
        var status = _state.KeepLease(lease, NowNs, NextExtensionNs());
        await DelayAsync();
        return status;
    }

    /// <inheritdoc/>
    public async ValueTask<LeaseStatus> RevokeLeaseAsync(long lease)
    {
        if (!await ReachAsync())
            return LeaseStatus.Unknown;
        _state.EndLease(lease);
        await DelayAsync();
        return LeaseStatus.Ended;
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

    /// <summary>True when a watch has lost its history now.</summary>
    internal bool IsWatchGap() => IsHit(Faults.WatchGaps);

    private static bool IsHit(double probability) => probability > 0 && Reactor.Current.Random.Chance(probability);

    private long NextExtensionNs() =>
        Faults.MaximumLeaseExtensionNs > 0 ? Reactor.Current.Random.Next(Faults.MaximumLeaseExtensionNs) : 0;

    // The way to the store; false when it does not answer.
    private async ValueTask<bool> ReachAsync()
    {
        await DelayAsync();
        if (_isClosed || Faults.IsDown || Faults.IsMute)
            return false;
        _state.EndLeasesBefore(NowNs);
        return true;
    }
}
