using Uss.Runtime.Simulated;
using Uss.Store;

namespace Uss.Replication.Tests;

/// <summary>Clients do not wait for a disk that catches up; what would go wrong because of that does.</summary>
[TestFixture]
public sealed class PlacementGroupLagTests
{
    // Writes from here on hang on the disk that catches up.
    private const int Slow = 100;

    [Test]
    public void A_write_does_not_wait_for_a_disk_that_catches_up()
    {
        using var fixture = new GroupFixture();
        var join = BeginJoin(fixture, slowFrom: 0);
        Assert.That(Start(fixture, Slow, 2).IsDone);
        Assert.That(fixture.OnDisk(1, Slow), Is.Null);
        Assert.That(fixture.Write(Slow + 1, 3).IsOk);
        fixture.Stores[1].Hangs = false;
        fixture.Settle();
        Assert.That(join.Result);
        Assert.That(fixture.OnDisk(1, Slow), Is.EqualTo(2));
        Assert.That(fixture.VersionOnDisk(1, Slow), Is.EqualTo(fixture.VersionOnDisk(0, Slow)));
    }

    [Test]
    public void What_comes_next_in_the_same_blocks_waits_for_it()
    {
        using var fixture = new GroupFixture();
        BeginJoin(fixture, Slow);
        Assert.That(Start(fixture, Slow, 2).IsDone);
        var discard = fixture.World.Start(fixture.Reactor, () => fixture.Group.DiscardAsync(fixture.Object, Slow, 1));
        var read = fixture.World.Start(fixture.Reactor, () => fixture.ReadAsync(Slow));
        fixture.World.RunFor(100_000_000);
        Assert.That(discard.IsDone || read.IsDone, Is.False, "a discard that overtakes a write is undone by it");
        fixture.Stores[1].Hangs = false;
        fixture.Settle();
        Assert.That(discard.Result.IsOk);
        Assert.That(read.Result.Fills, Is.EqualTo([0]));
        Assert.That(fixture.OnDisk(1, Slow), Is.Null);
    }

    [Test]
    public void It_is_admitted_once_it_has_answered_all_that_was_acknowledged_without_it()
    {
        using var fixture = new GroupFixture();
        var join = CopyAll(fixture);
        Assert.That(fixture.Group.Record!.InSync, Is.EqualTo([fixture.Id(0)]));

        // From here on it has to answer: its admission would never come if clients ran ahead of it for ever.
        var last = Start(fixture, Slow + 1, 3);
        Assert.That(last.IsDone, Is.False);
        fixture.Stores[1].Hangs = false;
        fixture.Settle();
        Assert.That(join.Result && last.Result.IsOk);
        Assert.That(fixture.Group.InSync.Count(), Is.EqualTo(2));
        fixture.Stores[0].IsBroken = true;
        Assert.That(fixture.Read(Slow, 2), Is.EqualTo([2, 3]));
    }

    [Test]
    public void One_that_fails_what_was_acknowledged_without_it_stays_out()
    {
        using var fixture = new GroupFixture();
        var join = CopyAll(fixture);
        var epoch = fixture.Group.Record!.Epoch;
        fixture.Stores[1].IsBroken = true;
        fixture.Stores[1].Hangs = false;
        fixture.Settle();
        Assert.That(join.IsDone);
        Assert.That(join.Result, Is.False);
        Assert.That(fixture.Group.Joining, Is.Null);
        Assert.That(fixture.Group.Record.Epoch, Is.EqualTo(epoch), "nobody needs to be asked to leave it out");
        fixture.Stores[1].IsBroken = false;
        Assert.That(fixture.Join(1));
        Assert.That(fixture.OnDisk(1, Slow), Is.EqualTo(2));
    }

    [Test]
    public void One_that_does_not_answer_holds_up_its_blocks_for_as_long_as_a_stall_may_last()
    {
        using var fixture = new GroupFixture(stallNs: 500_000_000);
        var join = BeginJoin(fixture, Slow);
        Assert.That(Start(fixture, Slow, 2).IsDone);
        var next = Start(fixture, Slow, 3);
        Assert.That(next.IsDone, Is.False);
        fixture.World.RunFor(1_000_000_000);
        Assert.That(next.Result.IsOk);
        Assert.That(join.Result, Is.False);
        Assert.That(fixture.Join(1), Is.False, "the first write may still take effect on it");
        fixture.Stores[1].Hangs = false;
        fixture.World.RunFor(1_000_000_000);
        Assert.That(fixture.Join(1));
        Assert.That(fixture.OnDisk(1, Slow), Is.EqualTo(3));
    }

    [Test]
    public void It_may_lag_by_so_many_bytes_and_no_more()
    {
        using var fixture = new GroupFixture();
        fixture.Context.FanOuts.MostLagBytes = 4 * StoreUnits.BlockBytes;
        BeginJoin(fixture, Slow);
        for (var i = 0; i < 4; i++)
            Assert.That(Start(fixture, Slow + i, 2).IsDone);
        var next = Start(fixture, Slow + 4, 3);
        Assert.That(next.IsDone, Is.False);
        fixture.Stores[1].Hangs = false;
        fixture.Settle();
        Assert.That(next.Result.IsOk);
        fixture.Stores[1].HangsFrom = Slow;
    }

    [Test]
    public void The_only_disk_that_counts_is_not_given_up_because_the_other_one_was_faster()
    {
        using var fixture = new GroupFixture(stallNs: 500_000_000);
        BeginJoin(fixture, int.MaxValue);
        fixture.Stores[0].HangsFrom = Slow;
        var write = Start(fixture, Slow, 2);
        fixture.World.RunFor(2_000_000_000);
        Assert.That(write.IsDone, Is.False);
        fixture.Stores[0].Hangs = false;
        fixture.Settle();
        Assert.That(write.Result.IsOk);
    }

    [Test]
    public void The_last_copies_that_fail_while_one_lags_tell_nobody_of_success()
    {
        using var fixture = new GroupFixture();
        BeginJoin(fixture, Slow);
        fixture.Stores[0].IsBroken = true;
        Assert.That(Start(fixture, Slow, 2).Result.Status, Is.EqualTo(GroupStatus.Unavailable));
        fixture.Stores[1].Hangs = false;
        fixture.Settle();
        Assert.That(fixture.Group.InSync, Does.Not.Contain(fixture.Id(1)));
    }

    // One disk serves, the other begins to catch up; of what is to be copied nothing is slow unless everything is.
    private static SimulatedRun<bool> BeginJoin(GroupFixture fixture, int slowFrom)
    {
        fixture.Start(0);
        Assert.That(fixture.Write(0, 1, blocks: 64).IsOk);
        fixture.Stores[1].HangsFrom = slowFrom;
        fixture.Stores[1].MaximumDelayNs = 1_000_000;
        var join = fixture.World.Start(fixture.Reactor, () => fixture.Group.JoinAsync(fixture.Replicas[1]));
        Assert.That(fixture.World.RunUntil(() => fixture.Group.Joining is not null, 1_000_000_000));
        return join;
    }

    // All is copied but a write that came after the comparison of its object.
    private static SimulatedRun<bool> CopyAll(GroupFixture fixture)
    {
        var join = BeginJoin(fixture, slowFrom: 0);
        fixture.World.RunFor(100_000_000);
        Assert.That(Start(fixture, Slow, 2).IsDone);
        fixture.Stores[1].HangsFrom = Slow;
        fixture.World.RunFor(5_000_000_000);
        Assert.That(fixture.OnDisk(1, 0), Is.EqualTo(1));
        Assert.That(join.IsDone, Is.False);
        return join;
    }

    private static SimulatedRun<GroupResult> Start(GroupFixture fixture, int block, byte fill)
    {
        var write = fixture.World.Start(fixture.Reactor, () => fixture.WriteAsync(block, fill));
        fixture.World.RunFor(100_000);
        return write;
    }
}
