using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata.Tests;

/// <summary>Trees of three levels, larger than the cache.</summary>
public sealed class MetadataTreeTests
{
    private const int Keys = 4000;

    [Test]
    public void A_store_does_what_a_sorted_dictionary_does([Range(1, 2)] int seed)
    {
        using var rig = new MetadataRig((ulong)seed, logBytes: 1 << 20);
        rig.Options = rig.Options with { CacheBytes = 2 << 20 };
        var store = rig.Open();
        var model = new SortedDictionary<RecordKey, byte[]>();
        var random = rig.Random;
        for (var round = 0; round < 1600; round++)
        {
            // It grows, and then shrinks to nothing.
            var deleteChance = round < 800 ? 0.1 : 0.9;
            var changes = new List<(RecordKey Key, byte[]? Value)>();
            for (var count = 1 + random.Next(12); count > 0; count--)
            {
                var value = random.Chance(deleteChance) ? null : new byte[random.Chance(0.6) ? RecordTransaction.MaximumValueBytes : random.Next(500)];
                changes.Add((KeyOf(random.Next(Keys)), value));
                if (value?.Length > 0)
                    value[0] = (byte)round;
            }

            rig.Do(records =>
            {
                foreach (var (key, value) in changes)
                {
                    if (value is null)
                        records.Delete(key);
                    else
                        records.Put(key, value);
                }
            });
            foreach (var (key, value) in changes)
            {
                if (value is null)
                    model.Remove(key);
                else
                    model[key] = value;
            }

            if (round % 400 == 399)
                CheckSame(rig.ReadAll(), model);
            if (round % 40 == 0)
                CheckRange(rig, model, KeyOf(random.Next(Keys)), KeyOf(random.Next(Keys)));
        }

        Assert.That(store.Figures.Misses, Is.GreaterThan(1000));
        Assert.That(store.Figures.CacheBytes, Is.LessThanOrEqualTo(3 << 20));
        rig.Check();
        for (var at = 0; at < Keys; at += 10)
        {
            var first = at;
            rig.Do(records =>
            {
                for (var number = first; number < first + 10; number++)
                    records.Delete(KeyOf(number));
            });
        }

        Assert.That((store.Figures.Records, store.Figures.UsedPages), Is.EqualTo((0, 1)));
        rig.Close();
        Assert.That(rig.Check().Pages, Is.EqualTo(1));
    }

    [Test]
    public void Operations_that_need_more_pages_than_the_cache_holds_end_all_the_same()
    {
        using var rig = new MetadataRig();
        rig.Options = rig.Options with { CacheBytes = 512 << 10 };
        var store = rig.Open();
        MetadataStoreTests.Fill(rig, 16_000);
        Assert.That(store.Figures.UsedPages, Is.GreaterThan(100));
        rig.Run(async () =>
        {
            var tasks = new List<ValueTask<RecordStatus>>();
            for (var operation = 0; operation < 10; operation++)
            {
                var first = operation;
                tasks.Add(store.RunAsync(new TestOperation(records =>
                {
                    for (var number = 15_000; number >= 0; number -= 200)
                        records.TryGet(MetadataStoreTests.KeyOf(number + first), out _);
                    if (first % 2 != 0)
                        records.Put(MetadataStoreTests.KeyOf(first), [1]);
                })));
            }

            foreach (var task in tasks)
                Assert.That(await task, Is.EqualTo(RecordStatus.Ok));
            return true;
        });
        Assert.That(store.Figures.Misses, Is.LessThan(2000), "what was loaded stays until the operation has ended");
        rig.Close();
    }

    [Test]
    public void The_check_finds_nothing_wrong_while_operations_go_on([Range(1, 4)] int seed)
    {
        using var rig = new MetadataRig((ulong)seed);
        rig.Options = rig.Options with { QuietNs = 2_000_000 };
        var store = rig.Open();
        MetadataStoreTests.Fill(rig, 3000);
        var workload = new CrashWorkload(rig, rig.ReadAll(), workers: 6, objects: 300, recordsOfObject: 10);
        workload.Start();
        for (var check = 0; check < 8; check++)
        {
            var before = store.Figures.Checkpoints;
            rig.Check();
            Assert.That(store.Figures.Checkpoints, Is.GreaterThan(before), "nothing went on meanwhile");
        }

        workload.IsStopping = true;
        rig.World.RunFor(100_000_000);
        workload.Verify(rig.ReadAll());
        rig.Close();
        Assert.That(rig.Check().LeakedPages, Is.Zero);
    }

    private static RecordKey KeyOf(int number) => new((ulong)(number / 7) << 8, (ulong)(number % 7) << 40);

    private static void CheckRange(MetadataRig rig, SortedDictionary<RecordKey, byte[]> model, RecordKey from, RecordKey to)
    {
        var isFound = false;
        var found = default(RecordKey);
        rig.Do(records => isFound = records.TryGetNext(from, to, out found, out _));
        var expected = model.Keys.Where(key => key.CompareTo(from) >= 0 && key.CompareTo(to) <= 0).Select(key => (RecordKey?)key).FirstOrDefault();
        Assert.That(isFound ? found : (RecordKey?)null, Is.EqualTo(expected));
    }

    private static void CheckSame(SortedDictionary<RecordKey, byte[]> found, SortedDictionary<RecordKey, byte[]> model)
    {
        Assert.That(found.Keys, Is.EqualTo(model.Keys));
        foreach (var (key, value) in model)
            Invariant.Check(found[key].AsSpan().SequenceEqual(value));
    }
}
