namespace Uss.Coordination.Tests;

/// <summary>What a store promises that lives elsewhere: it may be out of reach, and others change it meanwhile.</summary>
public abstract class SharedCoordinationStoreContract : CoordinationStoreContract
{
    /// <summary>Another node's connection, which is never cut off.</summary>
    private protected ICoordinationStore Other { get; set; } = null!;

    [Test]
    public void A_store_out_of_reach_says_so_and_works_again_when_it_is_back()
    {
        Commit([], [Put("a", "1")]);
        var lease = Grant();
        CutOff();
        Assert.That(Get("a").IsAvailable, Is.False);
        Assert.That(Run(() => Store.ListAsync("a")).IsAvailable, Is.False);
        Assert.That(Commit([], [Put("a", "2")]).Status, Is.EqualTo(CommitStatus.Unknown));
        Assert.That(Run(() => Store.GrantLeaseAsync(LeaseTtlMs)), Is.Null);
        Assert.That(Keep(lease), Is.EqualTo(LeaseStatus.Unknown));
        Assert.That(Revoke(lease), Is.EqualTo(LeaseStatus.Unknown));
        Return();
        Assert.That(Text(Get("a").Entries[0].Value), Is.EqualTo("1"));
        Assert.That(Commit([], [Put("a", "2")]).Status, Is.EqualTo(CommitStatus.Applied));
    }

    [Test]
    public void A_watch_that_was_cut_off_reports_all_that_it_missed()
    {
        var watch = Start("w/", 0);
        OtherCommit(Put("w/a", "1"));
        var seen = Collect(watch, 1);
        CutOff();
        for (var i = 2; i <= 20; i++)
            OtherCommit(Put("w/a", Number(i)));
        OtherCommit(Delete("w/a"));
        Return();
        seen.AddRange(Collect(watch, 20));
        Assert.That(seen, Is.EqualTo([.. Enumerable.Range(1, 20).Select(i => "w/a=" + Number(i)), "w/a=null"]));
        Stop(watch);
    }

    [Test]
    public void A_watch_whose_history_is_gone_reports_what_became_of_its_keys()
    {
        OtherCommit(Put("w/before", "1"), Put("w/gone-before", "1"), Put("other", "x"));
        var start = OtherCommit(Put("w/same", "1"));
        var watch = Start("w/", start);
        OtherCommit(Put("w/changed", "1"), Put("w/gone", "1"));
        Assert.That(Collect(watch, 2), Is.EqualTo(["w/changed=1", "w/gone=1"]));
        CutOff();
        OtherCommit(Put("w/changed", "2"), Delete("w/gone"), Delete("w/gone-before"), Put("w/fleeting", "1"));
        OtherCommit(Put("w/changed", "3"), Put("w/new", "1"), Delete("w/fleeting"));
        var last = OtherCommit(Put("other", "y"));
        Compact(last);
        Return();
        var batch = Next(watch);
        Assert.That(batch.IsWhole, Is.False);
        Assert.That(batch.Revision, Is.EqualTo(last));
        Assert.That(Words(batch), Is.EqualTo(["w/gone=null", "w/gone-before=null", "w/changed=3", "w/new=1"]));
        OtherCommit(Put("w/changed", "4"));
        Assert.That(Collect(watch, 1), Is.EqualTo(["w/changed=4"]));
        Stop(watch);
    }

    [Test]
    public void A_watch_from_a_past_that_is_gone_reports_the_whole_state()
    {
        OtherCommit(Put("w/a", "1"), Put("w/b", "1"));
        var start = OtherCommit(Put("w/a", "2"));
        OtherCommit(Delete("w/b"), Put("w/c", "1"));
        var last = OtherCommit(Put("w/d", "1"));
        Compact(last);
        var watch = Start("w/", start);
        var batch = Next(watch);
        Assert.That(batch.IsWhole);
        Assert.That(batch.Revision, Is.EqualTo(last));
        Assert.That(Words(batch), Is.EqualTo(["w/a=2", "w/c=1", "w/d=1"]));
        OtherCommit(Delete("w/c"));
        Assert.That(Collect(watch, 1), Is.EqualTo(["w/c=null"]));
        Stop(watch);
    }

    [Test]
    public void Compaction_is_nothing_to_a_watch_that_has_seen_it_all()
    {
        var watch = Start("w/", 0);
        OtherCommit(Put("w/a", "1"));
        Assert.That(Collect(watch, 1), Is.EqualTo(["w/a=1"]));
        Compact(OtherCommit(Put("other", "1")));
        OtherCommit(Put("w/a", "2"));
        var batch = Next(watch);
        Assert.That(Words(batch), Is.EqualTo(["w/a=2"]));
        Stop(watch);
    }

    /// <summary>Cuts <see cref="CoordinationStoreContract.Store"/> off: nothing answers it any more.</summary>
    private protected abstract void CutOff();

    /// <summary>Ends what <see cref="CutOff"/> began.</summary>
    private protected abstract void Return();

    /// <summary>Drops the history up to a revision.</summary>
    private protected abstract void Compact(long revision);

    private static IEnumerable<string> Words(WatchBatch batch) =>
        batch.Changes.Select(change => change.Key + "=" + (change.Value is { } value ? Text(value) : "null"));

    private IWatch Start(string prefix, long revision) => Run(() => new ValueTask<IWatch>(Store.Watch(prefix, revision)));

    private WatchBatch Next(IWatch watch) => Run(watch.NextAsync);

    private List<string> Collect(IWatch watch, int count) => Run(async () =>
    {
        var changes = new List<string>();
        await CollectAsync(watch, changes, count);
        return changes;
    });

    private void Stop(IWatch watch) => Run(() =>
    {
        watch.Dispose();
        return new ValueTask<bool>(true);
    });

    private long OtherCommit(params Change[] changes)
    {
        var commit = Run(() => Other.CommitAsync([], changes));
        Assert.That(commit.Status, Is.EqualTo(CommitStatus.Applied));
        return commit.Revision;
    }
}
