using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata.Tests;

public sealed class MetadataStoreTests
{
    [Test]
    public void A_space_that_is_not_held_is_not_opened()
    {
        using var rig = new MetadataRig();
        rig.StartProcess();
        rig.Owner.IsHeld = false;
        var opened = rig.Run(() => MetadataStore.OpenAsync(rig.Owner, MetadataOptions.Default));
        Assert.That(opened.Fault!.Code, Is.EqualTo("metadata-lost"));
    }

    [Test]
    public void Formatting_again_leaves_nothing()
    {
        using var rig = new MetadataRig();
        rig.Open();
        rig.Do(records => records.Put(new RecordKey(1, 1), [1]));
        rig.Crash();
        rig.StartProcess();
        var format = new MetadataFormatOptions { FileSystem = MetadataRig.FileSystem, LogBytes = 256 << 10 };
        Assert.That(rig.Run(() => MetadataStore.FormatAsync(rig.Owner, format)), Is.EqualTo(RecordStatus.Ok));
        rig.Open();
        Assert.That(rig.ReadAll(), Is.Empty);
        rig.Close();
    }

    [Test]
    public void An_operation_sees_its_own_changes()
    {
        using var rig = new MetadataRig();
        rig.Open();
        rig.Do(records =>
        {
            records.Put(new RecordKey(1, 2), [2]);
            records.Put(new RecordKey(1, 4), [4]);
            records.Put(new RecordKey(1, 6), [6]);
        });
        rig.Do(records =>
        {
            records.Delete(new RecordKey(1, 4));
            records.Put(new RecordKey(1, 3), [3]);
            records.Put(new RecordKey(1, 6), [7, 7]);
            records.Put(new RecordKey(1, 8), [8]);
            records.Put(new RecordKey(1, 8), [9, 9, 9]);
            Assert.That(records.TryGet(new RecordKey(1, 4), out _), Is.False);
            Assert.That(records.TryGet(new RecordKey(1, 6), out var value));
            Assert.That(value.ToArray(), Is.EqualTo(new byte[] { 7, 7 }));
            var found = new List<ulong>();
            for (var from = default(RecordKey); records.TryGetNext(from, RecordKey.Maximum, out var key, out _); from = MetadataRig.After(key))
                found.Add(key.Low);
            Assert.That(found, Is.EqualTo(new ulong[] { 2, 3, 6, 8 }));
            Assert.That(records.TryGetNext(new RecordKey(1, 4), new RecordKey(1, 5), out _, out _), Is.False);
        });
        Assert.That(rig.Get(new RecordKey(1, 8)), Is.EqualTo(new byte[] { 9, 9, 9 }));
        rig.Close();
        rig.Open();
        Assert.That(rig.ReadAll().Keys.Select(key => key.Low), Is.EqualTo(new ulong[] { 2, 3, 6, 8 }));
        rig.Close();
    }

    [Test]
    public void The_lowest_and_the_highest_key_are_keys_like_others()
    {
        using var rig = new MetadataRig();
        rig.Open();
        rig.Do(records =>
        {
            records.Put(default, [1]);
            records.Put(RecordKey.Maximum, []);
        });
        rig.Do(records =>
        {
            Assert.That(records.TryGetNext(new RecordKey(0, 1), RecordKey.Maximum, out var key, out _));
            Assert.That(key, Is.EqualTo(RecordKey.Maximum));
            records.Delete(RecordKey.Maximum);
            Assert.That(records.TryGetNext(new RecordKey(0, 1), RecordKey.Maximum, out _, out _), Is.False);
        });
        Assert.That(rig.Get(default), Is.EqualTo(new byte[] { 1 }));
        rig.Close();
    }

    [Test]
    public void Operations_of_one_turn_share_a_commit()
    {
        using var rig = new MetadataRig();
        var store = rig.Open();
        rig.Run(async () =>
        {
            var tasks = new List<ValueTask<RecordStatus>>();
            for (var low = 0UL; low < 100; low++)
            {
                var key = new RecordKey(1, low);
                tasks.Add(store.RunAsync(new TestOperation(records => records.Put(key, [1]))));
            }

            foreach (var task in tasks)
                Assert.That(await task, Is.EqualTo(RecordStatus.Ok));
            return true;
        });
        Assert.That(store.Figures.Commits, Is.EqualTo(1));
        Assert.That(store.Figures.AppliedRecords, Is.EqualTo(100));
        rig.Close();
    }

    [Test]
    public void A_read_waits_for_what_it_has_seen_and_for_nothing_else()
    {
        using var rig = new MetadataRig();
        var store = rig.Open();
        rig.Do(records => records.Put(new RecordKey(0x200, 1), [1]));
        rig.Run(async () =>
        {
            var write = store.RunAsync(new TestOperation(records => records.Put(new RecordKey(0x100, 1), [1])));
            Assert.That(write.IsCompleted, Is.False);
            var same = store.RunAsync(new TestOperation(records => records.TryGet(new RecordKey(0x1FF, 9), out _)));
            var range = store.RunAsync(new TestOperation(records => records.TryGetNext(default, RecordKey.Maximum, out _, out _)));
            var other = store.RunAsync(new TestOperation(records => records.TryGet(new RecordKey(0x200, 1), out _)));
            Assert.That(same.IsCompleted, Is.False, "another record of an object that is not durable");
            Assert.That(range.IsCompleted, Is.False, "a range over all objects");
            Assert.That(other.IsCompleted, "another object");
            Assert.That(await other, Is.EqualTo(RecordStatus.Ok));
            Assert.That(await write, Is.EqualTo(RecordStatus.Ok));
            Assert.That(await same, Is.EqualTo(RecordStatus.Ok));
            Assert.That(await range, Is.EqualTo(RecordStatus.Ok));
            return true;
        });
        rig.Close();
    }

    [Test]
    public void A_range_read_waits_for_what_it_has_not_found()
    {
        using var rig = new MetadataRig();
        var store = rig.Open();
        rig.Do(records =>
        {
            records.Put(new RecordKey(0x200, 1), [1]);
            records.Put(new RecordKey(0x300, 1), [1]);
        });
        rig.Run(async () =>
        {
            var delete = store.RunAsync(new TestOperation(records => records.Delete(new RecordKey(0x200, 1))));
            var found = default(RecordKey);
            var range = store.RunAsync(new TestOperation(records => records.TryGetNext(new RecordKey(0x100, 0), RecordKey.Maximum, out found, out _)));
            Assert.That(found, Is.EqualTo(new RecordKey(0x300, 1)));
            Assert.That(range.IsCompleted, Is.False, "a crash would bring the deleted record back");
            Assert.That(await range, Is.EqualTo(RecordStatus.Ok));
            Assert.That(await delete, Is.EqualTo(RecordStatus.Ok));
            return true;
        });
        rig.Close();
    }

    [Test]
    public void Nothing_is_told_from_memory_while_the_space_is_not_held()
    {
        using var rig = new MetadataRig();
        var store = rig.Open();
        rig.Do(records => records.Put(new RecordKey(1, 1), [1]));
        rig.Run(async () =>
        {
            var write = store.RunAsync(new TestOperation(records => records.Put(new RecordKey(1, 1), [2])));
            var read = store.RunAsync(new TestOperation(records => records.TryGet(new RecordKey(1, 1), out _)));
            rig.Owner.IsHeld = false;
            Assert.That(await store.RunAsync(new TestOperation(records => records.TryGet(new RecordKey(0x900, 1), out _))), Is.EqualTo(RecordStatus.Lost));
            Assert.That(await store.RunAsync(new TestOperation(records => records.Put(new RecordKey(9, 1), [1]))), Is.EqualTo(RecordStatus.Lost));
            Assert.That(await write, Is.EqualTo(RecordStatus.Lost));
            Assert.That(await read, Is.EqualTo(RecordStatus.Lost));
            return true;
        });
        Assert.That(store.IsLost);
        rig.Owner.IsHeld = true;
        Assert.That(rig.Run(records => records.TryGet(new RecordKey(1, 1), out _)), Is.EqualTo(RecordStatus.Lost), "once lost, lost for good");
        Assert.That(rig.Close(), Is.EqualTo(RecordStatus.Lost));
    }

    [Test]
    public void A_space_that_is_held_again_goes_on()
    {
        using var rig = new MetadataRig();
        var store = rig.Open();
        rig.Do(records => records.Put(new RecordKey(1, 1), [1]));
        rig.Owner.IsHeld = false;
        Assert.That(rig.Run(records => records.Put(new RecordKey(1, 1), [2])), Is.EqualTo(RecordStatus.Lost));
        Assert.That(rig.Run(records => records.TryGet(new RecordKey(1, 1), out _)), Is.EqualTo(RecordStatus.Lost));
        rig.Owner.IsHeld = true;
        Assert.That(store.IsLost, Is.False);
        Assert.That(rig.Get(new RecordKey(1, 1)), Is.EqualTo(new byte[] { 1 }), "nothing was changed");
        rig.Do(records => records.Put(new RecordKey(1, 1), [3]));
        rig.Close();
    }

    [Test]
    public void Closing_at_the_moment_of_the_loss_leaves_nothing_behind()
    {
        using var rig = new MetadataRig();
        var store = rig.Open();
        rig.Run(async () =>
        {
            var write = store.RunAsync(new TestOperation(records => records.Put(new RecordKey(1, 1), [1])));
            rig.Owner.IsHeld = false;
            Assert.That(await write, Is.EqualTo(RecordStatus.Lost));
            return await store.CloseAsync();
        });
        Assert.That(rig.Reactor.Buffers.RentedBuffers, Is.Zero);
    }

    [Test]
    public void A_store_whose_checkpoint_fails_is_lost()
    {
        using var rig = new MetadataRig();
        var store = rig.Open();
        rig.Space.FailsAt = offset => offset < MetadataLayout.LogOffset;
        rig.Do(records => records.Put(new RecordKey(1, 1), [1]));
        Assert.That(rig.World.RunUntil(() => store.IsLost, 10_000_000_000));
        rig.Close();
        rig.Space.FailsAt = null;
        rig.Open();
        Assert.That(rig.Get(new RecordKey(1, 1)), Is.EqualTo(new byte[] { 1 }));
        rig.Close();
    }

    [Test]
    public void Deleting_everything_gives_the_pages_back()
    {
        using var rig = new MetadataRig();
        var store = rig.Open();
        Fill(rig, 6000);
        rig.Close();
        store = rig.Open();
        Assert.That(store.Figures.UsedPages, Is.GreaterThan(40));
        for (var number = 0; number < 6000; number += 20)
        {
            var first = number;
            rig.Do(records =>
            {
                for (var at = first; at < first + 20; at++)
                    records.Delete(KeyOf((at * 37) % 6000));
            });
        }

        Assert.That((store.Figures.Records, store.Figures.UsedPages), Is.EqualTo((0, 1)));
        Assert.That(rig.World.RunUntil(() => store.Figures.DiscardedPages > 0, 10_000_000_000));
        rig.Close();
        Assert.That(rig.Check().Records, Is.Zero);
        Assert.That(rig.Space.Discards, Is.GreaterThan(0));
    }

    [Test]
    public void Deleting_most_merges_pages()
    {
        using var rig = new MetadataRig();
        rig.Options = rig.Options with { CacheBytes = 8 << 20 };
        var store = rig.Open();
        Fill(rig, 6000);
        var before = store.Figures.UsedPages;
        for (var number = 0; number < 6000; number += 20)
        {
            var first = number;
            rig.Do(records =>
            {
                for (var at = first; at < first + 19; at++)
                    records.Delete(KeyOf(at));
            });
        }

        Assert.That(store.Figures.Records, Is.EqualTo(300));
        Assert.That(store.Figures.UsedPages, Is.LessThan(before / 4));
        rig.Close();
        rig.Check();
    }

    internal static RecordKey KeyOf(int number) => new((ulong)(number / 10) << 8, (ulong)(number % 10));

    internal static void Fill(MetadataRig rig, int count)
    {
        for (var number = 0; number < count; number += 20)
        {
            var first = number;
            rig.Do(records =>
            {
                for (var at = first; at < first + 20; at++)
                    records.Put(KeyOf(at), new byte[100]);
            });
        }
    }
}
