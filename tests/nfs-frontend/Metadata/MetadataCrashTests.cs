using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata.Tests;

public sealed class MetadataCrashTests
{
    // For long runs by hand: how many seeds, from which.
    private static IEnumerable<int> ManySeeds()
    {
        var count = int.TryParse(Environment.GetEnvironmentVariable("USS_METADATA_SEEDS"), out var seeds) ? seeds : 200;
        return Enumerable.Range(1000, count);
    }

    [Test]
    public void What_was_acknowledged_survives_and_nothing_is_half_there([Range(1, 24)] int seed) => RunLives((ulong)seed, lives: 4, objects: 30, records: 20);

    [Test]
    public void A_tree_larger_than_the_cache_survives([Range(1, 8)] int seed) => RunLives((ulong)seed, lives: 3, objects: 200, records: 60);

    [Test]
    public void Another_owner_finds_what_was_acknowledged([Range(1, 8)] int seed)
    {
        using var rig = new MetadataRig((ulong)seed);
        rig.Options = rig.Options with { CacheBytes = 512 << 10, QuietNs = 3_000_000 };
        var before = new SortedDictionary<RecordKey, byte[]>();
        for (var life = 0; life < 3; life++)
        {
            var store = rig.Open();
            var workload = new CrashWorkload(rig, before, workers: 1 + rig.Random.Next(12), objects: 50, recordsOfObject: 30);
            workload.Start();
            rig.World.RunUntilEvents(rig.Random.Next(3000), 3600_000_000_000);
            rig.Depose();
            rig.World.RunFor(1_000_000_000);
            var closed = rig.Run(() => store.CloseAsync());
            Assert.That(closed, Is.EqualTo(store.IsLost ? RecordStatus.Lost : RecordStatus.Ok));
            Assert.That(rig.Reactor.Buffers.RentedBuffers, Is.Zero);
            rig.StartProcess();
            rig.Check();
            rig.Open();
            var after = rig.ReadAll();
            workload.Verify(after);
            before = after;
            rig.Crash();
        }
    }

    [Test]
    public void What_was_refused_for_want_of_space_is_not_there([Range(1, 8)] int seed)
    {
        using var rig = new MetadataRig((ulong)seed);
        rig.Options = rig.Options with { CacheBytes = 512 << 10, QuietNs = 30_000_000, NoSpaceRetryNs = 500_000_000 };
        var before = new SortedDictionary<RecordKey, byte[]>();
        var refused = 0;
        for (var life = 0; life < 4; life++)
        {
            var store = rig.Open();
            var workload = new CrashWorkload(rig, before, workers: 1 + rig.Random.Next(12), objects: 50, recordsOfObject: 30);
            workload.Start();
            for (var round = 0; round < 4; round++)
            {
                rig.World.RunUntilEvents(rig.Random.Next(600), 3600_000_000_000);
                var isLogOnly = rig.Random.Chance(0.3);
                var isPagesOnly = rig.Random.Chance(0.3);
                rig.Space.HasNoSpaceFor = offset => isLogOnly ? IsLog(offset) : isPagesOnly ? !IsLog(offset) : true;
                rig.World.RunFor(rig.Random.Next(900_000_000));
                rig.Space.HasNoSpaceFor = null;
            }

            refused += workload.Refused;
            if (rig.Random.Chance(0.5))
            {
                workload.IsStopping = true;
                rig.World.RunFor(1_000_000_000);
                rig.Close();
            }
            else
            {
                rig.Crash();
            }

            rig.StartProcess();
            rig.Check();
            rig.Open();
            var after = rig.ReadAll();
            workload.Verify(after);
            before = after;
            rig.Crash();
        }

        Assert.That(refused, Is.GreaterThan(0));
    }

    private static bool IsLog(long offset) => offset >= MetadataLayout.LogOffset && offset < MetadataLayout.LogOffset + (256 << 10);

    [Test]
    [Category("Full")]
    public void Many_crashes([ValueSource(nameof(ManySeeds))] int seed) => RunLives((ulong)seed, lives: 6, objects: 5 + (seed % 300), records: 5 + (seed % 80));

    private static void RunLives(ulong seed, int lives, int objects, int records)
    {
        using var rig = new MetadataRig(seed);
        rig.Options = rig.Options with { CacheBytes = 512 << 10, QuietNs = rig.Random.Chance(0.5) ? 3_000_000 : 100_000_000 };
        var before = new SortedDictionary<RecordKey, byte[]>();
        for (var life = 0; life < lives; life++)
        {
            rig.Open();
            var workload = new CrashWorkload(rig, before, workers: 1 + rig.Random.Next(12), objects, records);
            workload.Start();
            rig.World.RunUntilEvents(rig.Random.Next(4000), 3600_000_000_000);
            rig.Crash();
            if (rig.Random.Chance(0.3))
            {
                // Another one dies during recovery or soon after it.
                rig.StartProcess();
                rig.World.Start(rig.Reactor, () => MetadataStore.OpenAsync(rig.Owner, rig.Options));
                rig.World.RunUntilEvents(rig.Random.Next(200), 1_000_000_000);
                rig.Crash();
            }

            rig.StartProcess();
            rig.Check();
            rig.Open();
            var after = rig.ReadAll();
            workload.Verify(after);
            before = after;
            rig.Check();
            if (rig.Random.Chance(0.5))
                Assert.That(rig.Close(), Is.EqualTo(RecordStatus.Ok));
            else
                rig.Crash();
        }
    }
}
