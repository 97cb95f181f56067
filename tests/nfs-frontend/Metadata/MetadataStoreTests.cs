using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata.Tests;

public sealed class MetadataStoreTests
{
    [Test]
    public void What_was_never_formatted_is_told_from_what_is_damaged()
    {
        using var rig = new MetadataRig();
        rig.Space.Poke(0, new byte[4096]);
        var odd = new byte[4096];
        rig.Space.Peek(4096, odd);
        Assert.That(rig.TryOpen()!.Code, Is.EqualTo("metadata-unformatted"), "half formatted");
        rig.Space.Poke(4096, new byte[4096]);
        Assert.That(rig.TryOpen()!.Code, Is.EqualTo("metadata-unformatted"));
        odd[100] ^= 1;
        rig.Space.Poke(4096, odd);
        Assert.That(rig.TryOpen()!.Code, Is.EqualTo("metadata-damaged"));
    }

    [TestCase(0)]
    [TestCase(4096)]
    public void A_superblock_that_is_gone_is_damage(long offset)
    {
        using var rig = new MetadataRig();
        rig.Open();
        for (var round = 0; round < 3; round++)
        {
            rig.Do(records => records.Put(new RecordKey(1, 1), [(byte)round]));
            rig.Close();
            rig.Open();
        }

        rig.Close();
        rig.Space.Poke(offset, new byte[4096]);
        Assert.That(rig.TryOpen()!.Code, Is.EqualTo("metadata-damaged"));
    }

    [Test]
    public void A_newer_layout_is_refused_by_name()
    {
        using var rig = new MetadataRig();
        var block = new byte[4096];
        rig.Space.Peek(0, block);
        MetadataSuperblock.TryParse(block, out var superblock);
        superblock.Version = MetadataLayout.Version + 1;
        superblock.Write(block, default);
        rig.Space.Poke(0, block);
        Assert.That(rig.TryOpen()!.Code, Is.EqualTo("metadata-version"));
    }

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
            Assert.That(await store.RunAsync(new TestOperation(records => records.TryGet(new RecordKey(9, 1), out _))), Is.EqualTo(RecordStatus.Lost));
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
    public void A_page_that_cannot_be_read_fails_its_operations_and_no_others()
    {
        using var rig = new MetadataRig();
        rig.Open();
        Fill(rig, 4000);
        rig.Close();
        var store = rig.Open();
        rig.Space.FailsAt = offset => offset >= MetadataLayout.PageOffset(256 << 10, 0);
        Assert.That(rig.Run(records => records.TryGet(new RecordKey(5 << 8, 1), out _)), Is.EqualTo(RecordStatus.Damaged));
        Assert.That(rig.Run(records => records.Put(new RecordKey(5 << 8, 1), [])), Is.EqualTo(RecordStatus.Damaged));
        rig.Space.FailsAt = null;
        Assert.That(rig.Get(new RecordKey(5 << 8, 1)), Is.Not.Null);
        Assert.That(store.IsLost, Is.False);
        rig.Check();
        rig.Close();
    }

    [Test]
    public void A_flipped_bit_in_a_page_is_damage_that_the_check_names()
    {
        using var rig = new MetadataRig();
        rig.Open();
        Fill(rig, 4000);
        rig.Close();
        var report = rig.Check();
        Assert.That((report.Records, report.LeakedPages), Is.EqualTo((4000, 0)));
        var damaged = 0;
        for (var page = 0; page < 200; page++)
        {
            var offset = MetadataLayout.PageOffset(256 << 10, page) + rig.Random.Next(Page.Size);
            if (!rig.Space.IsPresent(offset))
                continue;
            rig.Space.FlipBit(offset, 3);
            var found = rig.Run(() => MetadataCheck.RunAsync(rig.Owner)).Value!;
            rig.Space.FlipBit(offset, 3);
            if (found.IsClean)
                continue;
            Assert.That(found.Findings[0], Does.Contain($"Page {page} "));
            damaged++;
        }

        Assert.That(damaged, Is.EqualTo(report.Pages));
    }

    [Test]
    public void A_lost_write_of_a_page_is_noticed()
    {
        using var rig = new MetadataRig();
        rig.Open();
        Fill(rig, 4000);
        rig.Close();

        // An older page in the same place, with a checksum of its own.
        var old = new byte[Page.Size];
        Page.Create(old, new PageReference(3, 1), 0, MetadataRig.FileSystem).Seal();
        for (var page = 0; page < 100; page++)
        {
            var before = new byte[Page.Size];
            rig.Space.Peek(MetadataLayout.PageOffset(256 << 10, page), before);
            Page.Create(old, new PageReference(page, 1), 0, MetadataRig.FileSystem).Seal();
            rig.Space.Poke(MetadataLayout.PageOffset(256 << 10, page), old);
            var found = rig.Run(() => MetadataCheck.RunAsync(rig.Owner)).Value!;
            rig.Space.Poke(MetadataLayout.PageOffset(256 << 10, page), before);
            if (!found.IsClean)
                return;
        }

        Assert.Fail("no lost write was found");
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
