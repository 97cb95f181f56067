using Uss.Coordination;

namespace Uss.WebUi.Services;

/// <summary>A coordination store in memory, with the two ways in which a real one says no.</summary>
internal sealed class MemoryRecords : IRecordStore
{
    private readonly SortedDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private long _revision;

    /// <summary>False: reads and commits find nobody.</summary>
    public bool IsAvailable { get; set; } = true;

    /// <summary>Runs before the next commit, once: somebody else is faster.</summary>
    public Action? BeforeCommit { get; set; }

    public IEnumerable<string> Keys => _entries.Keys;

    public Task<CoordinationRead> ListAsync(string prefix) => Task.FromResult(new CoordinationRead(
        IsAvailable, _revision, [.. _entries.Values.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal))]));

    public Task<CoordinationCommit> CommitAsync(IReadOnlyList<Condition> conditions, IReadOnlyList<Change> changes)
    {
        var before = BeforeCommit;
        BeforeCommit = null;
        before?.Invoke();
        if (!IsAvailable)
            return Task.FromResult(new CoordinationCommit(CommitStatus.Unknown, 0));
        foreach (var condition in conditions)
        {
            if ((_entries.GetValueOrDefault(condition.Key)?.ModifiedRevision ?? 0) != condition.ModifiedRevision)
                return Task.FromResult(new CoordinationCommit(CommitStatus.Conflict, 0));
        }

        _revision++;
        foreach (var change in changes)
        {
            if (change.Value is { } value)
                _entries[change.Key] = new Entry(change.Key, value, _revision);
            else
                _entries.Remove(change.Key);
        }

        return Task.FromResult(new CoordinationCommit(CommitStatus.Applied, _revision));
    }

    public void Put(string key, string value) => _entries[key] = new Entry(key, System.Text.Encoding.UTF8.GetBytes(value), ++_revision);
}
