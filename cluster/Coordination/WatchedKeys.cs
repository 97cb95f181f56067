namespace Uss.Coordination;

/// <summary>
/// The keys that a watch has reported as present, with the revisions of their last changes: what a watch needs to find
/// out what it missed once the history is gone.
/// </summary>
/// <remarks>It takes a dictionary entry a key of the prefix; the cluster's state is thousands of keys, never millions.</remarks>
internal sealed class WatchedKeys
{
    private readonly Dictionary<string, long> _keys = new(StringComparer.Ordinal);

    /// <summary>Takes over one change.</summary>
    public void Apply(Change change, long revision)
    {
        if (change.Value is null)
            _keys.Remove(change.Key);
        else
            _keys[change.Key] = revision;
    }

    /// <summary>A key that is there though it was not reported: the watch began after it was made.</summary>
    public void Add(string key, long revision) => _keys[key] = revision;

    /// <summary>
    /// The batch that leads from what was reported to <paramref name="entries"/>, and takes it over: keys that are gone, in
    /// key order, then values that are newer, in the order of their revisions.
    /// </summary>
    /// <param name="entries">All keys of the prefix.</param>
    /// <param name="revision">Revision at which they were listed.</param>
    /// <param name="isWhole">True when what is known is not what the reader knows.</param>
    public WatchBatch Advance(IReadOnlyList<Entry> entries, long revision, bool isWhole)
    {
        if (isWhole)
            _keys.Clear();
        var present = entries.Select(entry => entry.Key).ToHashSet(StringComparer.Ordinal);
        var changes = new List<Change>();
        foreach (var key in _keys.Keys.Where(key => !present.Contains(key)).Order(StringComparer.Ordinal).ToList())
            changes.Add(new Change(key, null));
        foreach (var entry in entries.OrderBy(entry => entry.ModifiedRevision))
        {
            if (_keys.GetValueOrDefault(entry.Key) < entry.ModifiedRevision)
                changes.Add(new Change(entry.Key, entry.Value));
        }

        _keys.Clear();
        foreach (var entry in entries)
            _keys.Add(entry.Key, entry.ModifiedRevision);
        return new WatchBatch(revision, changes, isWhole);
    }
}
