using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata.Tests;

public sealed class MetadataLogTests
{
    private const long LogBytes = 256 << 10;

    [Test]
    public void What_an_earlier_life_wrote_behind_a_lost_commit_is_never_believed()
    {
        // The first life loses its second commit and keeps its third; the second life writes the second commit once more, in the same
        // place, of the same size and with the same content.
        using var rig = new MetadataRig();
        rig.Options = rig.Options with { QuietNs = 0 };
        rig.Open();
        rig.Do(records => records.Put(new RecordKey(1, 1), [1]));
        rig.Do(records => records.Put(new RecordKey(1, 2), [2]));
        rig.Do(records => records.Put(new RecordKey(1, 3), [3]));
        rig.Crash();
        rig.Space.Poke(MetadataLayout.LogOffset + 4096, new byte[4096]);
        rig.Open();
        Assert.That(rig.ReadAll().Keys.Select(key => key.Low), Is.EqualTo(new ulong[] { 1 }));
        rig.Do(records => records.Put(new RecordKey(1, 2), [2]));
        rig.Crash();
        rig.StartProcess();
        Assert.That(rig.Check().Commits, Is.EqualTo(2));
        rig.Open();
        Assert.That(rig.ReadAll().Keys.Select(key => key.Low), Is.EqualTo(new ulong[] { 1, 2 }));
        rig.Close();
    }

    [Test]
    public void A_commit_that_is_damaged_in_front_of_whole_ones_is_damage()
    {
        using var rig = new MetadataRig();
        rig.Options = rig.Options with { QuietNs = 0 };
        rig.Open();
        for (var low = 1UL; low <= 6; low++)
        {
            var key = new RecordKey(1, low);
            rig.Do(records => records.Put(key, [1]));
        }

        rig.Crash();
        rig.Space.FlipBit(MetadataLayout.LogOffset + (2 * 4096) + 70, 1);
        Assert.That(rig.TryOpen()!.Code, Is.EqualTo("metadata-damaged"));
        rig.StartProcess();
        Assert.That(rig.Run(() => MetadataCheck.RunAsync(rig.Owner)).Value!.Findings, Has.Some.Contain("Commit 3 of the log is damaged"));
    }

    [Test]
    public void Any_damage_of_the_log_is_a_torn_end_or_a_fault()
    {
        for (var seed = 1UL; seed <= 30; seed++)
        {
            using var rig = new MetadataRig(seed);
            rig.Options = rig.Options with { QuietNs = 0 };
            rig.Open();
            var commits = 1 + rig.Random.Next(12);
            for (var low = 1; low <= commits; low++)
            {
                var key = new RecordKey(1, (ulong)low);
                rig.Do(records => records.Put(key, new byte[200]));
            }

            rig.Crash();
            rig.Space.FlipBit(MetadataLayout.LogOffset + rig.Random.Next(commits * 4096), rig.Random.Next(8));
            if (rig.TryOpen() is { } fault)
            {
                Assert.That(fault.Code, Is.EqualTo("metadata-damaged"));
                continue;
            }

            // Behind the records, or among the last two commits.
            Assert.That(rig.ReadAll(), Has.Count.GreaterThanOrEqualTo(commits - 2));
            rig.Close();
        }
    }

    [Test]
    public void The_log_goes_round_many_times()
    {
        using var rig = new MetadataRig();
        rig.Options = rig.Options with { QuietNs = 0 };
        var store = rig.Open();
        for (var round = 0; round < 600; round++)
        {
            var value = new byte[3000];
            value[0] = (byte)round;
            var low = (ulong)round % 7;
            rig.Do(records => records.Put(new RecordKey(1, low), value));
            if (round % 97 != 0)
                continue;
            rig.Crash();
            store = rig.Open();
        }

        Assert.That(store.Figures.Checkpoints, Is.GreaterThan(0));
        rig.Crash();
        rig.Open();
        for (var round = 593; round < 600; round++)
            Assert.That(rig.Get(new RecordKey(1, (ulong)round % 7))![0], Is.EqualTo((byte)round));
        rig.Close();
    }

    [Test]
    public void The_largest_transaction_fits_and_survives()
    {
        using var rig = new MetadataRig();
        var store = rig.Open();
        var count = store.MaximumTransactionBytes / (LogRecord.HeaderBytes + RecordTransaction.MaximumValueBytes);
        for (var round = 0; round < 30; round++)
        {
            rig.Do(records =>
            {
                for (var low = 0UL; low < (ulong)count; low++)
                    records.Put(new RecordKey(7, low), new byte[RecordTransaction.MaximumValueBytes]);
            });
        }

        rig.Crash();
        rig.Open();
        Assert.That(rig.ReadAll(), Has.Count.EqualTo(count));
        rig.Close();
    }

    [Test]
    public void A_commit_waits_for_space_and_nobody_else_begins_meanwhile()
    {
        using var rig = new MetadataRig();
        var store = rig.Open();
        rig.Do(records => records.Put(new RecordKey(0x900, 1), [1]));
        rig.Space.IsFull = true;
        rig.Run(async () =>
        {
            var waiting = store.RunAsync(new TestOperation(records => records.Put(new RecordKey(1, 1), [1])));
            await rig.Reactor.DelayAsync(1_000_000_000);
            Assert.That(waiting.IsCompleted, Is.False);
            Assert.That(await store.RunAsync(new TestOperation(records => records.Put(new RecordKey(1, 2), [2]))), Is.EqualTo(RecordStatus.NoSpace));
            Assert.That(await store.RunAsync(new TestOperation(records => records.TryGet(new RecordKey(0x900, 1), out _))), Is.EqualTo(RecordStatus.Ok));
            rig.Space.IsFull = false;
            Assert.That(await waiting, Is.EqualTo(RecordStatus.Ok));
            return true;
        });
        rig.Do(records => records.Put(new RecordKey(1, 3), [3]));
        rig.Crash();
        rig.Open();
        Assert.That(rig.ReadAll().Keys.Where(key => key.High == 1).Select(key => key.Low), Is.EqualTo(new ulong[] { 1, 3 }));
        rig.Close();
    }

    [Test]
    public void A_commit_that_finds_no_space_for_long_is_withdrawn()
    {
        using var rig = new MetadataRig();
        var store = rig.Open();
        rig.Do(records => records.Put(new RecordKey(1, 1), [1]));
        rig.Check();
        rig.World.RunFor(1_000_000_000);
        rig.Space.IsFull = true;
        Assert.That(rig.Run(records => records.Put(new RecordKey(1, 2), [2])), Is.EqualTo(RecordStatus.NoSpace));
        Assert.That(store.IsLost);
        Assert.That(rig.Close(), Is.EqualTo(RecordStatus.Lost));
        rig.Open();
        Assert.That(rig.Get(new RecordKey(1, 2)), Is.Null);
        rig.Run(async () =>
        {
            var write = rig.Store!.RunAsync(new TestOperation(records => records.Put(new RecordKey(1, 3), [3])));
            var read = rig.Store.RunAsync(new TestOperation(records => records.TryGet(new RecordKey(1, 3), out _)));
            Assert.That(await write, Is.EqualTo(RecordStatus.NoSpace));
            Assert.That(await read, Is.EqualTo(RecordStatus.Lost), "what it saw is undone");
            return true;
        });
        rig.Close();
        rig.Space.IsFull = false;
        rig.Open();
        Assert.That(rig.ReadAll().Keys.Select(key => key.Low), Is.EqualTo(new ulong[] { 1 }));
        rig.Close();
    }

    [Test]
    public void What_a_checkpoint_may_have_is_not_called_undone()
    {
        using var rig = new MetadataRig();
        rig.Options = rig.Options with { CacheBytes = 512 << 10, QuietNs = 0 };
        rig.Open();
        MetadataStoreTests.Fill(rig, 6000);
        rig.Close();
        var store = rig.Open();
        rig.Space.HasNoSpaceFor = offset => offset < MetadataLayout.LogOffset + LogBytes;
        rig.Run(async () =>
        {
            // Changes so many pages that the next one begins a checkpoint.
            var many = store.RunAsync(new TestOperation(records =>
            {
                for (var number = 0; number < 6000; number += 300)
                    records.Put(MetadataStoreTests.KeyOf(number), [7]);
            }));
            while (store.Figures.AppliedRecords < 20)
                await rig.Reactor.YieldAsync();
            var next = store.RunAsync(new TestOperation(records => records.Put(MetadataStoreTests.KeyOf(0), [8])));
            Assert.That(await many, Is.EqualTo(RecordStatus.Lost));
            Assert.That(await next, Is.EqualTo(RecordStatus.Lost));
            return true;
        });
        rig.Close();
        rig.Space.HasNoSpaceFor = null;
        rig.Open();
        Assert.That(rig.ReadAll(), Has.Count.EqualTo(6000));
        rig.Close();
    }

    [Test]
    public void Without_space_for_pages_operations_go_on_until_the_log_is_full()
    {
        using var rig = new MetadataRig();
        var store = rig.Open();
        rig.Space.HasNoSpaceFor = offset => offset >= MetadataLayout.LogOffset + LogBytes;
        var done = 0;
        while (rig.Run(records => records.Put(new RecordKey(1, (ulong)done), new byte[3000])) == RecordStatus.Ok)
            done++;
        Assert.That(done, Is.GreaterThan(20));
        Assert.That(rig.Run(records => records.Put(new RecordKey(1, 0), [])), Is.EqualTo(RecordStatus.NoSpace));
        Assert.That(rig.ReadAll(), Has.Count.EqualTo(done));
        rig.Crash();
        store = rig.Open();
        Assert.That(rig.ReadAll(), Has.Count.EqualTo(done), "nothing in the full log was overwritten");
        Assert.That(rig.Run(records => records.Put(new RecordKey(1, 0), [])), Is.EqualTo(RecordStatus.NoSpace));
        rig.Space.HasNoSpaceFor = null;
        rig.World.RunFor(1_000_000_000);
        rig.Do(records => records.Put(new RecordKey(1, 0), []));
        Assert.That(store.IsLost, Is.False);
        Assert.That(rig.Close(), Is.EqualTo(RecordStatus.Ok));
        Assert.That(rig.Check().Records, Is.EqualTo(done));
    }

    [Test]
    public void Closing_without_space_loses_nothing()
    {
        using var rig = new MetadataRig();
        rig.Open();
        MetadataStoreTests.Fill(rig, 200);
        rig.Space.HasNoSpaceFor = offset => offset >= MetadataLayout.LogOffset + LogBytes;
        rig.World.RunFor(50_000_000);
        Assert.That(rig.Close(), Is.EqualTo(RecordStatus.NoSpace));
        rig.Space.HasNoSpaceFor = null;
        rig.Open();
        Assert.That(rig.ReadAll(), Has.Count.EqualTo(200));
        rig.Close();
    }
}
