using Uss.Runtime;

namespace Uss.Coordination;

/// <summary>Sees who leads in an <see cref="Election"/>, and every change of it.</summary>
public sealed class ElectionObserver : IDisposable
{
    private const long RetryNs = 200_000_000;

    private readonly ICoordinationStore _store;
    private readonly string _key;
    private readonly Queue<ReadOnlyMemory<byte>?> _changes = [];
    private IWatch? _watch;

    internal ElectionObserver(ICoordinationStore store, string key)
    {
        _store = store;
        _key = key;
    }

    /// <summary>
    /// First who leads now, then each change: what the leader says of itself, or null when nobody leads. Waits for the
    /// store when it is out of reach.
    /// </summary>
    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync()
    {
        if (_watch is null)
        {
            var read = await _store.GetAsync(_key);
            while (!read.IsAvailable)
            {
                await Reactor.Current.DelayAsync(RetryNs);
                read = await _store.GetAsync(_key);
            }

            _watch = _store.Watch(_key, read.Revision);
            return read.Entries.Count > 0 ? read.Entries[0].Value : default(ReadOnlyMemory<byte>?);
        }

        while (_changes.Count == 0)
        {
            var batch = await _watch.NextAsync();
            foreach (var change in batch.Changes.Where(change => change.Key == _key))
                _changes.Enqueue(change.Value);
            if (batch.IsWhole && _changes.Count == 0)
                _changes.Enqueue(null);
        }

        return _changes.Dequeue();
    }

    /// <summary>Ends the observation; a call under way never completes.</summary>
    public void Dispose() => _watch?.Dispose();
}
