using System.Text;

namespace Uss.Coordination.Tests;

/// <summary>What every implementation of <see cref="ICoordinationStore"/> promises.</summary>
public abstract partial class CoordinationStoreContract
{
    private protected ICoordinationStore Store { get; set; } = null!;

    /// <summary>Runs work on the reactor.</summary>
    private protected abstract T Run<T>(Func<ValueTask<T>> work);

    /// <summary>Ends the process without closing the store, and opens it again.</summary>
    private protected abstract void Reopen();

    [Test]
    public void An_absent_key_reads_as_absent()
    {
        var read = Get("volumes/none");
        Assert.That(read.IsAvailable);
        Assert.That(read.Entries, Is.Empty);
    }

    [Test]
    public void A_put_is_read_with_its_revision()
    {
        var commit = Commit([], [Put("a", "1")]);
        Assert.That(commit.Status, Is.EqualTo(CommitStatus.Applied));
        var read = Get("a");
        Assert.That(read.Revision, Is.EqualTo(commit.Revision));
        Assert.That(read.Entries, Has.Count.EqualTo(1));
        Assert.That(Text(read.Entries[0].Value), Is.EqualTo("1"));
        Assert.That(read.Entries[0].ModifiedRevision, Is.EqualTo(commit.Revision));
    }

    [Test]
    public void Each_commit_has_a_new_revision_and_its_changes_share_it()
    {
        var first = Commit([], [Put("a", "1"), Put("b", "2")]);
        var second = Commit([], [Put("a", "3")]);
        Assert.That(second.Revision, Is.GreaterThan(first.Revision));
        Assert.That(Get("a").Entries[0].ModifiedRevision, Is.EqualTo(second.Revision));
        Assert.That(Get("b").Entries[0].ModifiedRevision, Is.EqualTo(first.Revision));
    }

    [Test]
    public void Listing_gives_keys_of_the_prefix_in_order()
    {
        Commit([], [Put("volumes/b", "2"), Put("volumes/a", "1"), Put("volumesx", "0"), Put("volume", "0"), Put("volumes/a.b", "3")]);
        var keys = Run(() => Store.ListAsync("volumes/")).Entries.Select(entry => entry.Key);
        Assert.That(keys, Is.EqualTo(["volumes/a", "volumes/a.b", "volumes/b"]));
        Assert.That(Run(() => Store.ListAsync("")).Entries, Has.Count.EqualTo(5));
    }

    [Test]
    public void A_commit_whose_condition_fails_changes_nothing()
    {
        var first = Commit([], [Put("a", "1")]);
        var second = Commit([new Condition("a", first.Revision + 1)], [Put("a", "2"), Put("b", "2")]);
        Assert.That(second.Status, Is.EqualTo(CommitStatus.Conflict));
        Assert.That(Text(Get("a").Entries[0].Value), Is.EqualTo("1"));
        Assert.That(Get("b").Entries, Is.Empty);
        Assert.That(Get("b").Revision, Is.EqualTo(first.Revision));
    }

    [Test]
    public void Conditions_compare_the_last_change_or_absence()
    {
        Assert.That(Commit([new Condition("a", 0)], [Put("a", "1")]).Status, Is.EqualTo(CommitStatus.Applied));
        Assert.That(Commit([new Condition("a", 0)], [Put("a", "2")]).Status, Is.EqualTo(CommitStatus.Conflict));
        var present = Get("a").Entries[0].ModifiedRevision;
        Condition[] both = [new("a", present), new("b", 0)];
        Assert.That(Commit(both, [Put("b", "1")]).Status, Is.EqualTo(CommitStatus.Applied));
        Assert.That(Commit(both, [Put("c", "1")]).Status, Is.EqualTo(CommitStatus.Conflict));
    }

    [Test]
    public void A_deleted_key_is_absent()
    {
        Commit([], [Put("a", "1")]);
        Commit([], [new Change("a", null)]);
        Assert.That(Get("a").Entries, Is.Empty);
        Assert.That(Commit([new Condition("a", 0)], [Put("a", "2")]).Status, Is.EqualTo(CommitStatus.Applied));
    }

    [Test]
    public void Deleting_what_is_absent_is_no_change()
    {
        var first = Commit([], [Put("a", "1")]);
        var second = Commit([new Condition("b", 0)], [Delete("b")]);
        Assert.That(second, Is.EqualTo(new CoordinationCommit(CommitStatus.Applied, first.Revision)));
        Assert.That(Get("a").Revision, Is.EqualTo(first.Revision));
        var seen = Run(async () =>
        {
            using var watch = Store.Watch("", first.Revision);
            await Store.CommitAsync([], [Delete("b"), Put("c", "1"), Delete("d")]);
            return (await watch.NextAsync()).Changes.Select(change => change.Key).ToList();
        });
        Assert.That(seen, Is.EqualTo(["c"]));
    }

    [Test]
    public void Of_commits_at_once_with_one_condition_one_is_applied()
    {
        var outcomes = Run(async () =>
        {
            var commits = Enumerable.Range(0, 10)
                .Select(i => Store.CommitAsync([new Condition("a", 0)], [Put("a", string.Create(null, $"{i}"))])).ToList();
            var results = new List<CommitStatus>();
            foreach (var commit in commits)
                results.Add((await commit).Status);
            return results;
        });
        Assert.That(outcomes.Count(status => status == CommitStatus.Applied), Is.EqualTo(1));
        Assert.That(outcomes.Count(status => status == CommitStatus.Conflict), Is.EqualTo(9));
    }

    [Test]
    public void A_watch_reports_changes_in_order_exactly_once()
    {
        var before = Commit([], [Put("w/0", "before")]);
        var seen = Run(async () =>
        {
            using var watch = Store.Watch("w/", before.Revision);
            var changes = new List<string>();
            for (var i = 0; i < 30; i++)
            {
                await Store.CommitAsync([], [Put("w/a", Number(i)), Put("other", "x"), i % 2 == 0 ? Delete("w/0") : Put("w/0", "again")]);
                if (i % 3 == 0)
                    await CollectAsync(watch, changes, 1);
            }

            await CollectAsync(watch, changes, 60 - changes.Count);
            return changes;
        });
        Assert.That(seen, Is.EqualTo(Enumerable.Range(0, 30).SelectMany(i => new[] { "w/a=" + Number(i), i % 2 == 0 ? "w/0=null" : "w/0=again" })));
    }

    [Test]
    public void A_watch_that_waits_is_woken_by_a_change()
    {
        var seen = Run(async () =>
        {
            using var watch = Store.Watch("w/", 0);
            var next = watch.NextAsync().AsTask();
            await Store.CommitAsync([], [Put("other", "x")]);
            Assert.That(next.IsCompleted, Is.False);
            var commit = await Store.CommitAsync([], [Put("w/a", "1")]);
            var batch = await next;
            Assert.That(batch.Revision, Is.EqualTo(commit.Revision));
            return batch.Changes.Select(change => change.Key).ToList();
        });
        Assert.That(seen, Is.EqualTo(["w/a"]));
    }

    [Test]
    public void A_watch_from_the_past_reports_what_happened_since()
    {
        var first = Commit([], [Put("w/a", "1")]);
        Commit([], [Put("w/a", "2")]);
        Commit([], [new Change("w/a", null)]);
        Reopen();
        var seen = Run(async () =>
        {
            using var watch = Store.Watch("w/", first.Revision);
            var changes = new List<string>();
            await CollectAsync(watch, changes, 2);
            return changes;
        });
        Assert.That(seen, Is.EqualTo(["w/a=2", "w/a=null"]));
    }

    [Test]
    public void Two_watches_see_the_same()
    {
        var seen = Run(async () =>
        {
            using var one = Store.Watch("w/", 0);
            using var two = Store.Watch("w/a", 0);
            await Store.CommitAsync([], [Put("w/a", "1"), Put("w/b", "2")]);
            var changes = new List<string>();
            await CollectAsync(one, changes, 2);
            await CollectAsync(two, changes, 1);
            return changes;
        });
        Assert.That(seen, Is.EqualTo(["w/a=1", "w/b=2", "w/a=1"]));
    }

    [Test]
    public void What_was_committed_is_there_after_the_end_of_the_process()
    {
        var commit = Commit([], [Put("a", "1"), Put("b", "2")]);
        commit = Commit([], [new Change("b", null)]);
        Reopen();
        Assert.That(Text(Get("a").Entries[0].Value), Is.EqualTo("1"));
        Assert.That(Get("b").Entries, Is.Empty);
        Assert.That(Get("b").Revision, Is.EqualTo(commit.Revision));
        Assert.That(Commit([], [Put("c", "3")]).Revision, Is.GreaterThan(commit.Revision));
    }

    [Test]
    public void A_value_is_kept_though_the_caller_reuses_its_memory()
    {
        var bytes = Encoding.UTF8.GetBytes("good");
        Run(() => Store.CommitAsync([], [new Change("a", bytes)]));
        bytes.AsSpan().Fill((byte)'x');
        Assert.That(Text(Get("a").Entries[0].Value), Is.EqualTo("good"));
    }

    [Test]
    public void A_closed_store_is_unavailable()
    {
        Run(async () =>
        {
            await Store.CloseAsync();
            return true;
        });
        Assert.That(Get("a").IsAvailable, Is.False);
        Assert.That(Commit([], [Put("a", "1")]).Status, Is.EqualTo(CommitStatus.Unknown));
        Reopen();
    }

    private protected static Change Put(string key, string value) => new(key, Encoding.UTF8.GetBytes(value));

    private protected static Change Delete(string key) => new(key, null);

    private protected static string Text(ReadOnlyMemory<byte> value) => Encoding.UTF8.GetString(value.Span);

    private protected CoordinationRead Get(string key) => Run(() => Store.GetAsync(key));

    private protected CoordinationCommit Commit(IReadOnlyList<Condition> conditions, IReadOnlyList<Change> changes) =>
        Run(() => Store.CommitAsync(conditions, changes));

    private protected static string Number(int i) => i.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private protected static async ValueTask CollectAsync(IWatch watch, List<string> changes, int count)
    {
        var end = changes.Count + count;
        long last = 0;
        while (changes.Count < end)
        {
            var batch = await watch.NextAsync();
            Assert.That(batch.Changes, Is.Not.Empty);
            Assert.That(batch.Revision, Is.GreaterThan(last));
            last = batch.Revision;
            changes.AddRange(batch.Changes.Select(change => change.Key + "=" + (change.Value is { } value ? Text(value) : "null")));
        }
    }
}
