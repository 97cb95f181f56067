using Uss.Store;

namespace Uss.Replication.Tests;

/// <summary>Nodes that write to one disk share its room, so that it is full for all of them before it fails one of their writes.</summary>
public sealed class SharedRoomTests
{
    private const int Block = StoreUnits.BlockBytes;

    [Test]
    public void What_other_nodes_may_write_is_not_written_here_until_they_ask_again()
    {
        using var fixture = new GroupFixture();
        fixture.Disks[1].DataBytes = 90 * Block;
        fixture.Restart();
        fixture.Start();
        var replica = fixture.Replicas[1];
        Share();
        var share = (90 * Block * 63 / 64) / 3;
        var free = fixture.Run(() => ValueTask.FromResult(replica.FreeBytes));
        Assert.That(free, Is.EqualTo(share));
        for (var block = 0; block < share / Block; block++)
            Assert.That(fixture.Write(block, 1).IsOk);

        // The others have not written anything, and tell so half a second later: then this node has a share of what is left.
        var before = fixture.World.NowNs;
        fixture.Run(() =>
        {
            fixture.Reactor.Schedule(500_000_000, static state => ShareOnReactor((LocalReplica)state!), replica);
            return ValueTask.FromResult(true);
        });
        Assert.That(fixture.Write(50, 2).IsOk);
        Assert.That(fixture.World.NowNs - before, Is.InRange(500_000_000, 600_000_000));
        Assert.That(fixture.Group.InSync.Count(), Is.EqualTo(2));

        void Share() => fixture.Run(() =>
        {
            ShareOnReactor(replica);
            return ValueTask.FromResult(true);
        });
    }

    [Test]
    public void A_disk_that_is_full_is_not_waited_for()
    {
        using var fixture = new GroupFixture();
        fixture.Disks[1].DataBytes = 4 * Block;
        fixture.Restart();
        fixture.Start();
        fixture.Run(() =>
        {
            ShareOnReactor(fixture.Replicas[1]);
            return ValueTask.FromResult(true);
        });
        Assert.That(fixture.Write(0, 1, blocks: 2).Status, Is.EqualTo(GroupStatus.NoSpace), "less than its share");
        Assert.That(fixture.World.NowNs, Is.LessThan(100_000_000));
    }

    [Test]
    public void A_disk_that_is_short_of_maps_is_full_and_stays_a_member()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        Assert.That(fixture.Write(0, 1).IsOk);
        fixture.Disks[1].IsShortOfMaps = true;
        fixture.World.RunFor(2_000_000_000);
        Assert.That(fixture.Write(1, 1).Status, Is.EqualTo(GroupStatus.NoSpace));
        Assert.That(fixture.Group.InSync.Count(), Is.EqualTo(2));
        fixture.Disks[1].IsShortOfMaps = false;
        fixture.World.RunFor(2_000_000_000);
        Assert.That(fixture.Write(1, 1).IsOk);
    }

    private static void ShareOnReactor(LocalReplica replica)
    {
        replica.Share("node2", 3);
        replica.Share("node3", 3);
    }
}
