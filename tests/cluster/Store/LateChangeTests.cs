using Uss.Runtime;

namespace Uss.Store.Tests;

/// <summary>Changes of an older version that come after newer ones, across snapshots and discards.</summary>
public sealed class LateChangeTests
{
    private static readonly ObjectId _object = new(7, 3);

    [Test]
    public void A_late_write_under_a_newer_snapshot_replaces_nothing_newer()
    {
        using var rig = new StoreRig();
        rig.Open();
        rig.Run(async () =>
        {
            await rig.WriteAsync(_object, 1, 2, stamp: 1, version: 10);
            Assert.That(await rig.WriteAsync(_object, 0, 5, stamp: 2, version: 5, sequence: 1), Is.EqualTo(StoreStatus.Ok));
            await CheckAsync(rig);
        });
        rig.PowerCut();
        rig.Open();
        rig.Run(() => CheckAsync(rig));
        rig.Run(async () => Assert.That((await rig.Store.VerifyAsync()).IsSound));
        rig.Close();
    }

    private static async ValueTask CheckAsync(StoreRig rig)
    {
        var (result, stamps) = await rig.ReadAsync(_object, 0, 5);
        Assert.That(result.IsOk);
        Assert.That(stamps, Is.EqualTo(new[] { new Stamp(2, 0), new(1, 0), new(1, 1), new(2, 3), new(2, 4) }));
        var snapshot = (await rig.ReadAsync(_object, 0, 5, sequence: 0)).Stamps;
        Assert.That(snapshot, Is.EqualTo(new[] { Stamp.Zeros, new(1, 0), new(1, 1), Stamp.Zeros, Stamp.Zeros }));
    }

    [Test]
    public void A_late_discard_under_a_newer_snapshot_discards_nothing_newer([Values(4, StoreUnits.BlocksPerObject)] int blocks)
    {
        using var rig = new StoreRig();
        rig.Open();
        rig.Run(async () =>
        {
            await rig.WriteAsync(_object, 0, 3, stamp: 1, version: 4);
            await rig.WriteAsync(_object, 1, 1, stamp: 2, version: 10);
            Assert.That((await rig.Store.DiscardAsync(_object, 0, blocks, 5, snapshotSequence: 1)).IsOk);
            var (_, stamps) = await rig.ReadAsync(_object, 0, 3);
            Assert.That(stamps, Is.EqualTo(new[] { Stamp.Zeros, new(2, 0), Stamp.Zeros }));
        });
        rig.Close();
    }

    [Test]
    public void A_write_that_is_late_as_a_whole_changes_nothing()
    {
        using var rig = new StoreRig();
        rig.Open();
        rig.Run(async () =>
        {
            await rig.WriteAsync(_object, 0, 2, stamp: 1, version: 10);
            Assert.That(await rig.WriteAsync(_object, 0, 2, stamp: 2, version: 9, sequence: 1), Is.EqualTo(StoreStatus.Ok));
            Assert.That(await rig.WriteAsync(_object, 0, 1, stamp: 3, version: 10, sequence: 1), Is.EqualTo(StoreStatus.Ok), "not older");
            var (_, stamps) = await rig.ReadAsync(_object, 0, 2);
            Assert.That(stamps, Is.EqualTo(new[] { new Stamp(3, 0), new(1, 1) }));
        });
        rig.Close();
    }

    [Test]
    public void A_discarded_block_stays_discarded_when_an_older_write_comes_late()
    {
        using var rig = new StoreRig();
        rig.Open();
        rig.Run(async () =>
        {
            await rig.WriteAsync(_object, 0, 1, stamp: 1, version: 1);
            Assert.That((await rig.Store.DiscardAsync(_object, 0, StoreUnits.BlocksPerObject, 7)).IsOk);
            await rig.WriteAsync(_object, 0, 2, stamp: 2, version: 6);
            Assert.That((await rig.ReadAsync(_object, 0, 2)).Stamps, Is.All.EqualTo(Stamp.Zeros));
        });
        rig.Close();
    }
}
