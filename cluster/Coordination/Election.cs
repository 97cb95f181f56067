using Uss.Runtime;

namespace Uss.Coordination;

/// <summary>
/// One of several candidates leads: the one that put a key, which lives under its lease, while there was none.
/// </summary>
/// <remarks>
/// Two guards keep a former leader from acting. <see cref="IsLeader"/> is false once the lease may have ended, by this
/// process's own clock, counted from before the lease was asked for. And what the leader commits with
/// <see cref="Fence"/> is applied only while its key is still there, whatever the clocks say.
/// </remarks>
public sealed class Election
{
    private const long NsPerMs = 1_000_000;

    // The lease is kept three times in its period, and more often while the store does not answer.
    private const int KeepsPerPeriod = 3;
    private const int RetriesPerPeriod = 20;

    private readonly Reactor _reactor = Reactor.Current;
    private readonly ICoordinationStore _store;
    private readonly string _key;
    private readonly ReadOnlyMemory<byte> _candidate;
    private readonly long _ttlMs;
    private TaskCompletionSource? _wait;
    private TaskCompletionSource _lost = new();
    private long _lease;
    private long _revision;
    private long _validUntilNs;
    private bool _isResigned = true;

    /// <summary>Creates a candidate; it stands only when it is told to.</summary>
    /// <param name="store">Where the election is held.</param>
    /// <param name="key">Key of the election, for example <c>leaders/placement</c>.</param>
    /// <param name="candidate">What observers are to see of the leader, for example its name and address.</param>
    /// <param name="ttlMs">How long after its death a leader is missed, in milliseconds.</param>
    public Election(ICoordinationStore store, string key, ReadOnlyMemory<byte> candidate, long ttlMs)
    {
        Invariant.Check(ttlMs > 0);
        _store = store;
        _key = key;
        _candidate = candidate.ToArray();
        _ttlMs = ttlMs;
    }

    /// <summary>True while this candidate leads for certain.</summary>
    public bool IsLeader => _revision != 0 && _reactor.MonotonicNs < _validUntilNs;

    /// <summary>Condition for commits that only the leader may make; the leader's, asked while it leads.</summary>
    public Condition Fence
    {
        get
        {
            Invariant.Check(_revision != 0);
            return new Condition(_key, _revision);
        }
    }

    /// <summary>Sees who leads.</summary>
    public static ElectionObserver Observe(ICoordinationStore store, string key) => new(store, key);

    /// <summary>Stands until it is elected.</summary>
    /// <returns>True when it leads; false when it resigned meanwhile.</returns>
    public async ValueTask<bool> CampaignAsync()
    {
        Invariant.Check(_revision == 0 && _isResigned);
        _isResigned = false;
        while (!_isResigned)
        {
            var read = await _store.GetAsync(_key);
            if (!read.IsAvailable)
                await _reactor.DelayAsync(_ttlMs * NsPerMs / RetriesPerPeriod);
            else if (read.Entries.Count > 0)
                await WaitUntilFreeAsync(read.Revision);
            else if (await StandAsync())
                return true;
        }

        return false;
    }

    /// <summary>Stands once; true when it leads.</summary>
    public async ValueTask<bool> TryAsync()
    {
        Invariant.Check(_revision == 0 && _isResigned);
        _isResigned = false;
        if (await StandAsync())
            return true;
        _isResigned = true;
        return false;
    }

    /// <summary>Completes when this candidate leads no more; at once when it does not lead.</summary>
    public ValueTask LostAsync() => _revision == 0 ? ValueTask.CompletedTask : new ValueTask(_lost.Task);

    /// <summary>Gives up leading, so that another can follow at once, or standing.</summary>
    public async ValueTask ResignAsync()
    {
        _isResigned = true;
        _wait?.TrySetResult();
        if (_revision == 0)
            return;
        Lose();
        await _store.RevokeLeaseAsync(_lease);
    }

    private async ValueTask<bool> StandAsync()
    {
        var askedNs = _reactor.MonotonicNs;
        if (await _store.GrantLeaseAsync(_ttlMs) is not { } lease)
        {
            await _reactor.DelayAsync(_ttlMs * NsPerMs / RetriesPerPeriod);
            return false;
        }

        var commit = await _store.CommitAsync([new Condition(_key, 0)], [new Change(_key, _candidate, lease)]);
        if (commit.Status != CommitStatus.Applied || _isResigned)
        {
            // Whether the key was put or not, it cannot stay without the lease.
            await _store.RevokeLeaseAsync(lease);
            return false;
        }

        _lease = lease;
        _revision = commit.Revision;
        _validUntilNs = askedNs + (_ttlMs * NsPerMs);
        _lost = new TaskCompletionSource();
        _reactor.Spawn(KeepAsync(_revision));
        _reactor.Spawn(EndInTimeAsync(_revision));
        return true;
    }

    private async ValueTask WaitUntilFreeAsync(long revision)
    {
        _wait = new TaskCompletionSource();
        using var watch = _store.Watch(_key, revision);
        _reactor.Spawn(FollowAsync(watch, _wait));
        if (!_isResigned)
            await _wait.Task;
        _wait = null;
    }

    private async ValueTask FollowAsync(IWatch watch, TaskCompletionSource free)
    {
        while (true)
        {
            var batch = await watch.NextAsync();
            var isPut = false;
            foreach (var change in batch.Changes.Where(change => change.Key == _key))
            {
                isPut = change.Value is not null;
                if (!isPut)
                {
                    free.TrySetResult();
                    return;
                }
            }

            if (!batch.IsWhole || isPut)
                continue;
            free.TrySetResult();
            return;
        }
    }

    private async ValueTask KeepAsync(long revision)
    {
        var periodNs = _ttlMs * NsPerMs;
        var delayNs = periodNs / KeepsPerPeriod;
        while (true)
        {
            await _reactor.DelayAsync(delayNs);
            var askedNs = _reactor.MonotonicNs;
            if (_revision != revision)
                return;
            var status = await _store.KeepLeaseAsync(_lease);

            // Somebody may have deposed the leader by deleting the key.
            var read = status == LeaseStatus.Alive ? await _store.GetAsync(_key) : null;
            if (_revision != revision)
                return;
            var isDeposed = read is { IsAvailable: true } && (read.Entries.Count == 0 || read.Entries[0].ModifiedRevision != revision);
            if (status == LeaseStatus.Ended || isDeposed)
            {
                Lose();
                return;
            }

            if (status == LeaseStatus.Alive)
                _validUntilNs = askedNs + periodNs;
            delayNs = periodNs / (status == LeaseStatus.Alive ? KeepsPerPeriod : RetriesPerPeriod);
        }
    }

    private async ValueTask EndInTimeAsync(long revision)
    {
        while (_revision == revision)
        {
            if (_reactor.MonotonicNs >= _validUntilNs)
                Lose();
            else
                await _reactor.DelayAsync(_validUntilNs - _reactor.MonotonicNs);
        }
    }

    private void Lose()
    {
        _revision = 0;
        _isResigned = true;
        _lost.SetResult();
    }
}
