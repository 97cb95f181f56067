using Uss.Runtime;

namespace Uss.Coordination.Simulated;

/// <summary>
/// What a coordination store holds, as a plain in-memory model: the durable side of <see cref="SimulatedCoordinationStore"/>.
/// It outlives crashes of the nodes that use it.
/// </summary>
public sealed class CoordinationState
{
    private readonly SortedDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly List<(long Revision, Change Change)> _history = [];
    private readonly List<SimulatedWatch> _watches = [];

    /// <summary>Revision of the newest commit; 0 when there was none.</summary>
    public long Revision { get; private set; }

    internal CoordinationRead Get(string key) =>
        new(true, Revision, _entries.TryGetValue(key, out var entry) ? [entry] : []);

    internal CoordinationRead List(string prefix) =>
        new(true, Revision, [.. _entries.Values.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal))]);

    internal CoordinationCommit Commit(IReadOnlyList<Condition> conditions, IReadOnlyList<Change> changes)
    {
        foreach (var condition in conditions)
        {
            var present = _entries.TryGetValue(condition.Key, out var entry) ? entry.ModifiedRevision : 0;
            if (present != condition.ModifiedRevision)
                return new CoordinationCommit(CommitStatus.Conflict, Revision);
        }

        Revision++;
        foreach (var change in changes)
        {
            if (change.Value is { } value)
            {
                // The caller may reuse its memory once the commit is done.
                ReadOnlyMemory<byte> kept = value.ToArray();
                _entries[change.Key] = new Entry(change.Key, kept, Revision);
                _history.Add((Revision, new Change(change.Key, kept)));
            }
            else
            {
                _entries.Remove(change.Key);
                _history.Add((Revision, change));
            }
        }

        foreach (var watch in _watches)
            watch.Wake();
        return new CoordinationCommit(CommitStatus.Applied, Revision);
    }

    internal void Add(SimulatedWatch watch) => _watches.Add(watch);

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
}
