namespace Uss.Coordination.Simulated;

/// <summary>
/// Leases in virtual time. A lease ends when somebody looks after its deadline: every operation looks first, and every
/// watch that waits sets a timer for it, so that nobody can tell the difference.
/// </summary>
public sealed partial class CoordinationState
{
    private readonly SortedDictionary<long, Lease> _leases = [];
    private readonly Dictionary<string, long> _leaseOfKey = new(StringComparer.Ordinal);
    private long _lastLease;

    /// <summary>When the next lease ends unless it is kept, in nanoseconds of virtual time; null when there is none.</summary>
    internal long? NextLeaseEndNs => _leases.Count == 0 ? null : _leases.Values.Min(lease => lease.EndNs);

    internal long GrantLease(long nowNs, long ttlNs, long extensionNs)
    {
        _leases.Add(++_lastLease, new Lease { TtlNs = ttlNs, EndNs = nowNs + ttlNs + extensionNs });
        foreach (var watch in _watches)
            watch.ExpectLeaseEnd();
        return _lastLease;
    }

    internal LeaseStatus KeepLease(long id, long nowNs, long extensionNs)
    {
        if (!_leases.TryGetValue(id, out var lease))
            return LeaseStatus.Ended;
        lease.EndNs = Math.Max(lease.EndNs, nowNs + lease.TtlNs + extensionNs);
        return LeaseStatus.Alive;
    }

    internal void EndLease(long id)
    {
        if (!_leases.Remove(id, out var lease))
            return;
        foreach (var key in lease.Keys)
            _leaseOfKey.Remove(key);
        Apply([.. lease.Keys.Select(key => new Change(key, null))]);
    }

    /// <summary>Ends the leases whose time is over.</summary>
    internal void EndLeasesBefore(long nowNs)
    {
        foreach (var id in _leases.Where(pair => pair.Value.EndNs <= nowNs).Select(pair => pair.Key).ToList())
            EndLease(id);
    }

    private void Attach(string key, long lease)
    {
        if (lease == 0)
            return;
        _leases[lease].Keys.Add(key);
        _leaseOfKey[key] = lease;
    }

    private void Detach(string key)
    {
        if (_leaseOfKey.Remove(key, out var lease))
            _leases[lease].Keys.Remove(key);
    }

    private sealed class Lease
    {
        public long TtlNs { get; init; }

        public long EndNs { get; set; }

        public SortedSet<string> Keys { get; } = new(StringComparer.Ordinal);
    }
}
