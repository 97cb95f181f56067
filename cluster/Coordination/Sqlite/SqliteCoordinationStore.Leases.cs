using Microsoft.Data.Sqlite;
using Uss.Runtime;

namespace Uss.Coordination.Sqlite;

/// <summary>
/// Leases of one machine. They live in this process, the only one that has the database open, and end with it: the next
/// one that opens the database deletes their keys.
/// </summary>
public sealed partial class SqliteCoordinationStore
{
    private const long NsPerMs = 1_000_000;

    // How soon the end of a lease is tried again when the database refused it.
    private const long RetryNs = 100 * NsPerMs;

    // Used on the store's thread.
    private readonly Dictionary<long, SqliteLease> _leases = [];
    private long _lastLease;

    /// <inheritdoc/>
    public async ValueTask<long?> GrantLeaseAsync(long ttlMs)
    {
        Invariant.Check(ttlMs > 0);
        var reactor = Reactor.Current;
        var ttlNs = ttlMs * NsPerMs;
        var nowNs = reactor.MonotonicNs;
        var lease = await _worker.RunAsync<long?>(() =>
        {
            if (_isClosed)
                return null;
            _leases.Add(++_lastLease, new SqliteLease(ttlNs) { EndNs = nowNs + ttlNs });
            return _lastLease;
        });
        if (lease is { } granted)
            reactor.Spawn(EndInTimeAsync(granted));
        return lease;
    }

    /// <inheritdoc/>
    public ValueTask<LeaseStatus> KeepLeaseAsync(long lease)
    {
        var nowNs = Reactor.Current.MonotonicNs;
        return _worker.RunAsync(() =>
        {
            if (_isClosed)
                return LeaseStatus.Unknown;
            if (!IsAlive(lease, nowNs))
                return LeaseStatus.Ended;
            _leases[lease].EndNs = nowNs + _leases[lease].TtlNs;
            return LeaseStatus.Alive;
        });
    }

    /// <inheritdoc/>
    public ValueTask<LeaseStatus> RevokeLeaseAsync(long lease) =>
        _worker.RunAsync(() => !_isClosed && End(lease) ? LeaseStatus.Ended : LeaseStatus.Unknown);

    private async ValueTask EndInTimeAsync(long lease)
    {
        var reactor = Reactor.Current;
        while (true)
        {
            var nowNs = reactor.MonotonicNs;
            var endNs = await _worker.RunAsync<long?>(() =>
            {
                if (_isClosed || !_leases.TryGetValue(lease, out var found))
                    return null;
                return found.EndNs <= nowNs && End(lease) ? null : found.EndNs;
            });
            if (endNs is null)
                return;
            await reactor.DelayAsync(Math.Max(endNs.Value - reactor.MonotonicNs, RetryNs));
        }
    }

    private bool IsAlive(long lease, long nowNs) => _leases.TryGetValue(lease, out var found) && found.EndNs > nowNs;

    // False when the database refuses; the lease is over all the same, and its end is tried again.
    private bool End(long lease)
    {
        if (!_leases.TryGetValue(lease, out var found))
            return true;
        found.EndNs = 0;
        try
        {
            if (_database.LeasedKeys(lease) is { Count: > 0 } keys)
            {
                _database.DeleteAll(keys);
                ReportAll();
            }

            _leases.Remove(lease);
            return true;
        }
        catch (SqliteException exception)
        {
            Note(exception);
            return false;
        }
    }

    private sealed class SqliteLease(long ttlNs)
    {
        public long TtlNs { get; } = ttlNs;

        public long EndNs { get; set; }
    }
}
