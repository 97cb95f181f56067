using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata.Tests;

public sealed class MetadataRecoveryTests
{
    [Test]
    public void A_log_that_changes_more_than_fits_in_memory_is_applied_all_the_same([Range(1, 4)] int seed)
    {
        using var rig = new MetadataRig((ulong)seed, logBytes: 8 << 20);
        rig.Options = rig.Options with { CacheBytes = 32 << 20, QuietNs = 0 };
        rig.Open();
        MetadataStoreTests.Fill(rig, 12_000);
        rig.Close();
        var store = rig.Open();
        for (var round = 0; round < 900; round++)
        {
            var number = rig.Random.Next(12_000);
            rig.Do(records =>
            {
                records.Put(MetadataStoreTests.KeyOf(number), BitConverter.GetBytes(number));
                records.Delete(MetadataStoreTests.KeyOf((number + 6000) % 12_000));
            });
        }

        Assert.That(store.Figures.Checkpoints, Is.Zero);
        var expected = rig.ReadAll();
        rig.Crash();
        rig.StartProcess();
        var generation = rig.Check().Generation;
        rig.Options = rig.Options with { CacheBytes = 512 << 10 };
        for (var crash = 0; crash < 5; crash++)
        {
            // Dies in the middle of the recovery.
            rig.StartProcess();
            rig.World.Start(rig.Reactor, () => MetadataStore.OpenAsync(rig.Owner, rig.Options));
            rig.World.RunUntilEvents(rig.Random.Next(2000), 3600_000_000_000);
            rig.Crash();
            rig.StartProcess();
            rig.Check();
        }

        store = rig.Open();
        Assert.That(rig.Check().Generation, Is.GreaterThan(generation + 3), "checkpoints in the recovery");
        Assert.That(store.Figures.CacheBytes, Is.LessThan(1 << 20));
        var found = rig.ReadAll();
        Assert.That(found.Keys, Is.EqualTo(expected.Keys));
        foreach (var (key, value) in expected)
            Invariant.Check(found[key].AsSpan().SequenceEqual(value));
        rig.Check();
        rig.Close();
        rig.Check();
    }

    [Test]
    public void A_recovery_that_finds_no_space_says_so_and_can_be_tried_again()
    {
        using var rig = new MetadataRig(logBytes: 8 << 20);
        rig.Options = rig.Options with { CacheBytes = 32 << 20, QuietNs = 0 };
        rig.Open();
        MetadataStoreTests.Fill(rig, 12_000);
        rig.Crash();
        rig.Options = rig.Options with { CacheBytes = 512 << 10 };
        rig.Space.IsFull = true;
        Assert.That(rig.TryOpen()!.Code, Is.EqualTo("metadata-no-space"));
        rig.Space.IsFull = false;
        rig.Open();
        Assert.That(rig.ReadAll(), Has.Count.EqualTo(12_000));
        rig.Close();
    }

    [Test]
    public void A_recovery_that_loses_the_space_says_so([Range(1, 6)] int seed)
    {
        using var rig = new MetadataRig((ulong)seed);
        rig.Options = rig.Options with { QuietNs = 0 };
        rig.Open();
        MetadataStoreTests.Fill(rig, 1000);
        rig.Crash();
        rig.StartProcess();
        var opening = rig.World.Start(rig.Reactor, () => MetadataStore.OpenAsync(rig.Owner, rig.Options));
        rig.World.RunUntilEvents(rig.Random.Next(12), 3600_000_000_000);
        rig.Owner.IsHeld = false;
        Assert.That(rig.World.RunUntil(() => opening.IsDone, 10_000_000_000));
        var opened = opening.Result;
        if (opened.IsOk)
        {
            var look = new TestOperation(records => records.TryGet(default, out _));
            Assert.That(rig.Run(() => opened.Value.RunAsync(look)), Is.EqualTo(RecordStatus.Lost));
            rig.Run(() => opened.Value.CloseAsync());
        }
        else
        {
            Assert.That(opened.Fault.Code, Is.EqualTo("metadata-lost"));
        }

        Assert.That(rig.Reactor.Buffers.RentedBuffers, Is.Zero);
    }
}
