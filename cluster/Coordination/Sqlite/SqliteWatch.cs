using Uss.Runtime;

namespace Uss.Coordination.Sqlite;

/// <summary>A watch on the embedded store. All fields but the reactor's side are used on the store's thread.</summary>
internal sealed class SqliteWatch(SqliteCoordinationStore store, string prefix, long afterRevision) : IWatch
{
    private readonly Reactor _reactor = Reactor.Current;
    private bool _isDisposed;
    private bool _isWaiting;

    /// <summary>Newest revision that was reported.</summary>
    public long Revision { get; set; } = afterRevision;

    public string Prefix { get; } = prefix;

    /// <summary>Who waits for changes; set and taken on the store's thread.</summary>
    public TaskCompletionSource<WatchBatch>? Waiter { get; set; }

    public async ValueTask<WatchBatch> NextAsync()
    {
        Invariant.Check(!_isDisposed && !_isWaiting && Reactor.Current == _reactor);
        _isWaiting = true;
        var waiter = new TaskCompletionSource<WatchBatch>();
        store.Await(this, waiter);
        var batch = await waiter.Task;
        _isWaiting = false;
        return batch;
    }

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        store.Remove(this);
    }

    /// <summary>Reports a batch to the reactor; on the store's thread.</summary>
    public void Complete(WatchBatch batch)
    {
        var waiter = Waiter!;
        Waiter = null;
        Revision = batch.Revision;
        _reactor.Post(_ => waiter.SetResult(batch), null);
    }
}
