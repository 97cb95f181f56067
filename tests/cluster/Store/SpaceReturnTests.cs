using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.Store.Tests;

/// <summary>What is discarded goes back: to the host also after a crash, and its place in the object table.</summary>
public sealed class SpaceReturnTests
{
    private static readonly SimulatedDiskOptions _file = new() { IsFile = true };

    [TestCase(true)]
    [TestCase(false)]
    public void Discards_that_a_crash_or_a_stop_interrupts_reach_the_host_later(bool isCrash)
    {
        using var rig = new StoreRig(disk: _file, options: new StoreOptions { DiscardDelayMs = 60_000 });
        rig.Open();
        var empty = rig.Disk.AllocatedBytes;
        rig.Run(async () =>
        {
            for (var i = 0U; i < 4; i++)
                await rig.WriteAsync(new ObjectId(1, i), 0, 256, i + 1, i + 1);
            for (var i = 0U; i < 4; i++)
                Assert.That((await rig.Store.DiscardAsync(new ObjectId(1, i), 0, StoreUnits.BlocksPerObject, i + 10)).IsOk);
            await rig.Reactor.DelayAsync(1_000_000_000);
        });
        Assert.That(rig.Disk.AllocatedBytes - empty, Is.GreaterThanOrEqualTo(4 << 20), "the device has not heard of it");
        if (isCrash)
            rig.Crash();
        else
            rig.Close();
        rig.Options = new StoreOptions { DiscardDelayMs = 10 };
        rig.Open();
        rig.Run(async () => await rig.Reactor.DelayAsync(5_000_000_000));
        Assert.That(rig.Disk.AllocatedBytes - empty, Is.LessThan(512 << 10));
        rig.Run(async () => Assert.That((await rig.Store.VerifyAsync()).IsSound));
        rig.Close();
    }

    [Test]
    public void Objects_of_holes_only_leave_the_table_once_their_versions_are_settled()
    {
        using var rig = new StoreRig();
        rig.Open();
        rig.Run(async () =>
        {
            for (var i = 0U; i < 40; i++)
            {
                await rig.WriteAsync(new ObjectId(1, i), 0, 4, i + 1, i + 1);
                var blocks = i % 2 == 0 ? 4 : StoreUnits.BlocksPerObject;
                Assert.That((await rig.Store.DiscardAsync(new ObjectId(1, i), 0, blocks, i + 100)).IsOk);
            }

            await rig.WriteAsync(new ObjectId(1, 50), 0, 1, 50, 50);
            rig.Store.ForgetHoles(id => id.Index == 7 ? 0UL : 119);
            await rig.Reactor.DelayAsync(1_000_000_000);
            Assert.That(rig.Store.Statistics.Objects, Is.EqualTo(22), "20 and one are not settled, one holds data");
            var left = rig.Store.ListChangedSince(0).Select(summary => summary.Id.Index);
            Assert.That(left, Does.Contain(7U).And.Contain(20U).And.Not.Contain(19U));
            rig.Store.ForgetHoles(_ => StoreUnits.MaximumVersion);
            await rig.Reactor.DelayAsync(1_000_000_000);
            Assert.That(rig.Store.Statistics.Objects, Is.EqualTo(1));
            Assert.That(await rig.WriteAsync(new ObjectId(1, 7), 1, 1, 60, 1), Is.EqualTo(StoreStatus.Ok));
        });
        rig.PowerCut();
        rig.Open();
        rig.Run(async () =>
        {
            Assert.That(rig.Store.Statistics.Objects, Is.EqualTo(2));
            Assert.That((await rig.ReadAsync(new ObjectId(1, 7), 0, 2)).Stamps, Is.EqualTo(new[] { Stamp.Zeros, new Stamp(60, 0) }));
            Assert.That((await rig.ReadAsync(new ObjectId(1, 50), 0, 1)).Stamps[0], Is.EqualTo(new Stamp(50, 0)));
            Assert.That((await rig.Store.VerifyAsync()).IsSound);
        });
        rig.Close();
    }

    [Test]
    public void Holes_that_hide_a_snapshot_are_not_forgotten()
    {
        using var rig = new StoreRig();
        rig.Open();
        rig.Run(async () =>
        {
            await rig.WriteAsync(new ObjectId(1, 1), 0, 4, 1, 1);
            Assert.That((await rig.Store.DiscardAsync(new ObjectId(1, 1), 0, StoreUnits.BlocksPerObject, 2, snapshotSequence: 1)).IsOk);
            rig.Store.ForgetHoles(_ => StoreUnits.MaximumVersion);
            await rig.Reactor.DelayAsync(1_000_000_000);
            Assert.That((await rig.ReadAsync(new ObjectId(1, 1), 0, 1)).Stamps[0], Is.EqualTo(Stamp.Zeros));
            Assert.That((await rig.ReadAsync(new ObjectId(1, 1), 0, 1, sequence: 0)).Stamps[0], Is.EqualTo(new Stamp(1, 0)));
            Assert.That((await rig.Store.DropSnapshotAsync(1, 0)).IsOk);
            await rig.Reactor.DelayAsync(1_000_000_000);
            rig.Store.ForgetHoles(_ => StoreUnits.MaximumVersion);
            await rig.Reactor.DelayAsync(1_000_000_000);
            Assert.That(rig.Store.Statistics.Objects, Is.Zero);
        });
        rig.Close();
    }
}
