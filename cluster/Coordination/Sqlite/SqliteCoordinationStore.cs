using Microsoft.Data.Sqlite;
using Uss.Runtime;

namespace Uss.Coordination.Sqlite;

/// <summary>
/// The embedded coordination store of one machine: a SQLite database in WAL mode with a flush at every commit, on a
/// thread of its own, so that no reactor waits for it. Another process that opens the file is refused.
/// </summary>
public sealed partial class SqliteCoordinationStore : ICoordinationStore
{
    // Revisions whose changes are kept for watches that ask for the past.
    private const long DefaultKeptRevisions = 10_000;

    private static readonly CoordinationRead Unavailable = new(false, 0, []);

    private readonly SqliteWorker _worker;
    private readonly SqliteDatabase _database;
    private readonly List<SqliteWatch> _watches = [];
    private readonly long _keptRevisions;
    private bool _isClosed;

    private SqliteCoordinationStore(SqliteWorker worker, SqliteDatabase database, long keptRevisions)
    {
        _keptRevisions = keptRevisions;
        _worker = worker;
        _database = database;
    }

    /// <summary>Why the database refused the last operation that failed; null when none did.</summary>
    public Fault? LastFault { get; private set; }

    /// <summary>Opens the database file, which is created when it does not exist.</summary>
    /// <param name="path">The file; SQLite keeps a second one beside it, with <c>-wal</c> appended.</param>
    public static ValueTask<Result<SqliteCoordinationStore>> OpenAsync(string path) => OpenAsync(path, DefaultKeptRevisions);

    /// <inheritdoc/>
    public ValueTask<CoordinationRead> GetAsync(string key) => _worker.RunAsync(() => Read(() => _database.Get(key)));

    /// <inheritdoc/>
    public ValueTask<CoordinationRead> ListAsync(string prefix) => _worker.RunAsync(() => Read(() => _database.List(prefix)));

    /// <inheritdoc/>
    public ValueTask<CoordinationCommit> CommitAsync(IReadOnlyList<Condition> conditions, IReadOnlyList<Change> changes)
    {
        CommitLimits.Check(conditions, changes);
        var nowNs = Reactor.Current.MonotonicNs;
        return _worker.RunAsync(() => Commit(conditions, changes, nowNs));
    }

    /// <inheritdoc/>
    public IWatch Watch(string prefix, long afterRevision)
    {
        var watch = new SqliteWatch(this, prefix, afterRevision);
        _worker.TryAdd(() =>
        {
            // Who watches lists first, in this process; the history since then is kept for it.
            Invariant.Check(watch.Revision >= _database.TrimmedRevision);
            _watches.Add(watch);
        });
        return watch;
    }

    /// <inheritdoc/>
    public async ValueTask CloseAsync()
    {
        await _worker.RunAsync(Close);
        _worker.Stop();
    }

    internal static async ValueTask<Result<SqliteCoordinationStore>> OpenAsync(string path, long keptRevisions)
    {
        var worker = new SqliteWorker();
        var opened = await worker.RunAsync(() => SqliteDatabase.Open(path));
        if (opened.IsOk)
            return new SqliteCoordinationStore(worker, opened.Value, keptRevisions);
        worker.Stop();
        return opened.Fault;
    }

    internal void Await(SqliteWatch watch, TaskCompletionSource<WatchBatch> waiter) => _worker.TryAdd(() =>
    {
        watch.Waiter = waiter;
        Report(watch);
    });

    internal void Remove(SqliteWatch watch) => _worker.TryAdd(() => _watches.Remove(watch));

    private CoordinationRead Read(Func<CoordinationRead> read)
    {
        if (_isClosed)
            return Unavailable;
        try
        {
            return read();
        }
        catch (SqliteException exception)
        {
            Note(exception);
            return Unavailable;
        }
    }

    private CoordinationCommit Commit(IReadOnlyList<Condition> conditions, IReadOnlyList<Change> changes, long nowNs)
    {
        if (_isClosed)
            return new CoordinationCommit(CommitStatus.Unknown, 0);
        if (changes.Any(change => change.Lease != 0 && !IsAlive(change.Lease, nowNs)))
            return new CoordinationCommit(CommitStatus.Conflict, _database.Revision);
        try
        {
            var commit = _database.Commit(conditions, changes);
            if (commit.Status == CommitStatus.Applied)
                ReportAll();
            return commit;
        }
        catch (SqliteException exception)
        {
            Note(exception);
            return new CoordinationCommit(CommitStatus.Unknown, 0);
        }
    }

    private void ReportAll()
    {
        foreach (var watch in _watches)
            Report(watch);
        Trim();
    }

    private void Report(SqliteWatch watch)
    {
        if (_isClosed || watch.Waiter is null)
            return;
        try
        {
            if (_database.ChangesAfter(watch.Revision, watch.Prefix) is { } batch)
                watch.Complete(batch);
            else
                watch.Revision = _database.Revision;
        }
        catch (SqliteException exception)
        {
            // Asked again after the next commit.
            Note(exception);
        }
    }

    // Now and then, so that the table stays small; never what a watch has yet to see.
    private void Trim()
    {
        var keep = _database.Revision - _keptRevisions;
        foreach (var watch in _watches)
            keep = Math.Min(keep, watch.Revision);
        if (keep >= _database.TrimmedRevision + (_keptRevisions / 10))
            _database.Trim(keep);
    }

    private bool Close()
    {
        if (_isClosed)
            return true;
        _isClosed = true;
        _watches.Clear();
        try
        {
            _database.Checkpoint();
        }
        catch (SqliteException exception)
        {
            // The next open reads the write-ahead log instead.
            Note(exception);
        }

        _database.Dispose();
        return true;
    }

    private void Note(SqliteException exception) => LastFault = new Fault(
        "coordination-error", $"The coordination store's database failed: {exception.Message}", "Check its disk and file system.");
}
