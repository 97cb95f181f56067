using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata.Tests;

public sealed class MetadataCrashTests
{
    [Test]
    public void What_was_acknowledged_survives_and_nothing_is_half_there([Range(1, 40)] int seed) => RunLives((ulong)seed, lives: 4, objects: 30, records: 20);

    [Test]
    public void A_tree_larger_than_the_cache_survives([Range(1, 8)] int seed) => RunLives((ulong)seed, lives: 3, objects: 200, records: 60);

    [Test]
    [Category("Full")]
    public void Many_crashes([Range(1000, 2000)] int seed) => RunLives((ulong)seed, lives: 6, objects: 5 + (seed % 300), records: 5 + (seed % 80));

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
