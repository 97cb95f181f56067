using Uss.Coordination.Sqlite;
using Uss.Runtime;
using Uss.Runtime.Threaded;

namespace Uss.Coordination.Tests.Sqlite;

[TestFixture]
public sealed class SqliteCoordinationStoreTests : CoordinationStoreContract
{
    private ThreadedReactor _reactor = null!;
    private string _folder = null!;
    private int _copies;
    private string _path = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("uss-coordination-").FullName;
        _path = Path.Combine(_folder, "state.db");
        _reactor = ReactorFactory.Create(new ReactorOptions()).Value.Reactor;
        _reactor.Start();
        Store = Open(_path).Value!;
    }

    [TearDown]
    public void TearDown()
    {
        Run(async () =>
        {
            await Store.CloseAsync();
            return true;
        });
        _reactor.StopAsync().Wait();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void A_second_opener_is_refused() => Assert.That(Open(_path).Fault?.Code, Is.EqualTo("coordination-locked"));

    [Test]
    public void A_file_that_is_no_database_is_refused()
    {
        var path = Path.Combine(_folder, "garbage.db");
        File.WriteAllBytes(path, [.. Enumerable.Range(0, 8192).Select(i => (byte)(i * 7))]);
        Assert.That(Open(path).Fault?.Code, Is.EqualTo("coordination-damaged"));
    }

    [Test]
    public void A_database_of_another_program_is_refused()
    {
        var path = Path.Combine(_folder, "foreign.db");
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE songs (title TEXT)";
            command.ExecuteNonQuery();
        }

        Assert.That(Open(path).Fault?.Code, Is.EqualTo("coordination-foreign"));
    }

    [Test]
    public void A_path_that_cannot_be_made_is_refused() =>
        Assert.That(Open(Path.Combine(_folder, "none", "state.db")).Fault?.Code, Is.EqualTo("coordination-open"));

    [Test]
    public void Keys_of_leases_end_with_the_process()
    {
        var lease = Run(() => Store.GrantLeaseAsync(3600_000))!.Value;
        Commit([], [Put("w/leased", "1") with { Lease = lease }]);
        var last = Commit([], [Put("w/kept", "1")]);
        Reopen();
        var read = Run(() => Store.ListAsync("w/"));
        Assert.That(read.Entries.Select(entry => entry.Key), Is.EqualTo(["w/kept"]));
        Assert.That(read.Revision, Is.EqualTo(last.Revision + 1));
        Assert.That(Run(() => Store.KeepLeaseAsync(lease)), Is.EqualTo(LeaseStatus.Ended));
    }

    [Test]
    public void A_database_of_the_format_without_leases_is_taken_over()
    {
        var path = Path.Combine(_folder, "first.db");
        Run(async () =>
        {
            var store = (await SqliteCoordinationStore.OpenAsync(path)).Value!;
            await store.CommitAsync([], [Put("a", "1")]);
            await store.CloseAsync();
            return true;
        });
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "DROP TABLE leased; PRAGMA user_version=1";
            command.ExecuteNonQuery();
        }

        Run(async () =>
        {
            var store = (await SqliteCoordinationStore.OpenAsync(path)).Value!;
            Assert.That((await store.GetAsync("a")).Entries, Has.Count.EqualTo(1));
            var lease = await store.GrantLeaseAsync(3600_000);
            await store.CommitAsync([], [Put("b", "1") with { Lease = lease!.Value }]);
            await store.RevokeLeaseAsync(lease.Value);
            Assert.That((await store.GetAsync("b")).Entries, Is.Empty);
            await store.CloseAsync();
            return true;
        });
    }

    [Test]
    public void Old_history_is_dropped_and_what_a_watch_has_yet_to_see_is_kept()
    {
        var path = Path.Combine(_folder, "busy.db");
        Run(async () =>
        {
            var store = (await SqliteCoordinationStore.OpenAsync(path, keptRevisions: 50)).Value!;
            using var quiet = store.Watch("quiet/", 0);
            var next = quiet.NextAsync().AsTask();
            for (var i = 0; i < 120; i++)
                await store.CommitAsync([], [Put("busy", "x")]);
            Assert.That(next.IsCompleted, Is.False);
            await store.CommitAsync([], [Put("quiet/a", "1")]);
            var batch = await next;
            Assert.That(batch.Changes, Has.Count.EqualTo(1));
            Assert.That(batch.Revision, Is.EqualTo(121));
            await store.CloseAsync();
            return true;
        });
        using var database = SqliteDatabase.Open(path).Value!;
        Assert.That(database.Revision, Is.EqualTo(121));
        Assert.That(database.ChangesAfter(0, "")!.Changes, Has.Count.InRange(50, 60));
    }

    private protected override T Run<T>(Func<ValueTask<T>> work) => _reactor.InvokeAsync(work).GetAwaiter().GetResult();

    // The files as a killed process leaves them: the database and its write-ahead log, copied while open.
    private protected override void Reopen()
    {
        var copy = Path.Combine(_folder, string.Create(null, $"copy{++_copies}.db"));
        foreach (var suffix in new[] { "", "-wal" })
        {
            if (File.Exists(_path + suffix))
                File.Copy(_path + suffix, copy + suffix);
        }

        Run(async () =>
        {
            await Store.CloseAsync();
            return true;
        });
        _path = copy;
        Store = Open(_path).Value!;
    }

    private protected override void PassTime(int ms) => Thread.Sleep(ms);

    private Result<SqliteCoordinationStore> Open(string path) => Run(() => SqliteCoordinationStore.OpenAsync(path));
}
