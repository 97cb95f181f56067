using Uss.Runtime;

namespace Uss.Coordination.Simulated;

/// <summary>
/// What a coordination store holds, as a plain in-memory model: the durable side of <see cref="SimulatedCoordinationStore"/>.
/// It outlives crashes of the nodes that use it.
/// </summary>
public sealed partial class CoordinationState
{
    private readonly SortedDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    // All of it, also what counts as compacted: watches derive from it what they have reported.
    private readonly List<(long Revision, Change Change)> _history = [];
    private readonly List<SimulatedWatch> _watches = [];

    /// <summary>Revision of the newest commit; 0 when there was none.</summary>
    public long Revision { get; private set; }

    /// <summary>Newest revision whose changes watches can no longer get.</summary>
    public long CompactedRevision { get; private set; }

    /// <summary>Drops the history up to a revision, as an operator or etcd's own timer does.</summary>
    public void Compact(long revision)
    {
        Invariant.Check(revision <= Revision);
        CompactedRevision = Math.Max(CompactedRevision, revision);
    }

    internal CoordinationRead Get(string key) =>
        new(true, Revision, _entries.TryGetValue(key, out var entry) ? [entry] : []);

    internal CoordinationRead List(string prefix) =>
        new(true, Revision, [.. _entries.Values.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal))]);

    internal CoordinationCommit Commit(IReadOnlyList<Condition> conditions, IReadOnlyList<Change> changes)
    {
        CommitLimits.Check(conditions, changes);
        foreach (var condition in conditions)
        {
            var present = _entries.TryGetValue(condition.Key, out var entry) ? entry.ModifiedRevision : 0;
            if (present != condition.ModifiedRevision)
                return new CoordinationCommit(CommitStatus.Conflict, Revision);
        }

        foreach (var change in changes)
        {
            if (change.Lease != 0 && !_leases.ContainsKey(change.Lease))
                return new CoordinationCommit(CommitStatus.Conflict, Revision);
        }

        Apply(changes);
        return new CoordinationCommit(CommitStatus.Applied, Revision);
    }

    internal void Add(SimulatedWatch watch)
    {
        _watches.Add(watch);
        if (_leases.Count > 0)
            watch.ExpectLeaseEnd();
    }

    internal void Remove(SimulatedWatch watch) => _watches.Remove(watch);

    /// <summary>The changes after a revision under a prefix, up to the newest.</summary>
    internal WatchBatch? ChangesAfter(long revision, string prefix)
    {
        Invariant.Check(revision <= Revision);

        // History is ordered by revision: find the first newer change.
        int low = 0, high = _history.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_history[middle].Revision <= revision)
                low = middle + 1;
            else
                high = middle;
        }

        List<Change>? changes = null;
        var last = revision;
        for (var i = low; i < _history.Count; i++)
        {
            if (!_history[i].Change.Key.StartsWith(prefix, StringComparison.Ordinal))
                continue;
            (changes ??= []).Add(_history[i].Change);
            last = _history[i].Revision;
        }

        return changes is null ? null : new WatchBatch(last, changes);
    }

    /// <summary>What a watch without history reports that has reported everything up to a revision.</summary>
    /// <param name="revision">The revision.</param>
    /// <param name="prefix">Prefix of the watch.</param>
    /// <param name="isWhole">True when the watch does not know what was there at the revision.</param>
    internal WatchBatch DifferenceSince(long revision, string prefix, bool isWhole)
    {
        var keys = new WatchedKeys();
        foreach (var (changedRevision, change) in _history)
        {
            if (changedRevision > revision)
                break;
            if (change.Key.StartsWith(prefix, StringComparison.Ordinal))
                keys.Apply(change, changedRevision);
        }

        return keys.Advance(List(prefix).Entries, Revision, isWhole);
    }

    // A deletion of what is absent changes nothing, and what changes nothing has no revision.
    private void Apply(IReadOnlyList<Change> changes)
    {
        var revision = Revision + 1;
        foreach (var change in changes)
        {
            Detach(change.Key);
            if (change.Value is { } value)
            {
                // The caller may reuse its memory once the commit is done.
                ReadOnlyMemory<byte> kept = value.ToArray();
                _entries[change.Key] = new Entry(change.Key, kept, revision);
                _history.Add((revision, new Change(change.Key, kept)));
                Attach(change.Key, change.Lease);
                Revision = revision;
            }
            else if (_entries.Remove(change.Key))
            {
                _history.Add((revision, change));
                Revision = revision;
            }
        }

        if (Revision != revision)
            return;
        foreach (var watch in _watches)
            watch.Wake();
    }
}
