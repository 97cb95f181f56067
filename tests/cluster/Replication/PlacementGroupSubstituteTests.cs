using Uss.Coordination;

namespace Uss.Replication.Tests;

/// <summary>Starts with fewer in-sync members than the minimum copies: another disk of the row takes the place of a missing one.</summary>
[TestFixture]
public sealed class PlacementGroupSubstituteTests
{
    // Disk 2 has left before the last changes; then disk 1 is missing.
    private static GroupFixture WithTwoInSync()
    {
        var fixture = new GroupFixture(disks: 3);
        Restart(fixture);
        fixture.Start();
        Assert.That(fixture.Write(0, 1, blocks: 3).IsOk);
        Restart(fixture);
        fixture.Start(0, 1);
        Assert.That(fixture.Write(0, 2).IsOk && fixture.Discard(1).IsOk);
        Assert.That(Record(fixture).InSync, Is.EqualTo(new[] { fixture.Id(0), fixture.Id(1) }));
        Restart(fixture);
        return fixture;
    }

    private static void Restart(GroupFixture fixture)
    {
        fixture.Restart();
        fixture.Group.SetMinimumCopies(2);
    }

    private static GroupRecord Record(GroupFixture fixture)
    {
        var entry = fixture.Run(() => fixture.Context.ReadRecordAsync(fixture.Group.Id)).Entries[0];
        return CoordinationJson.Read(entry.Key, entry.Value, ReplicationJson.Default.GroupRecord).Value!;
    }

    [Test]
    public void It_is_made_equal_before_anything_is_served()
    {
        using var fixture = WithTwoInSync();
        fixture.Start(0, 2);
        Assert.That(fixture.Group.State, Is.EqualTo(GroupState.Active));
        Assert.That(fixture.Group.InSync, Is.EquivalentTo(new[] { fixture.Id(0), fixture.Id(2) }));
        Assert.That(fixture.Context.Counters.MembersSubstituted, Is.EqualTo(1));
        Assert.That(fixture.Read(0, 3), Is.EqualTo([2, 0, 1]));
        Assert.That(fixture.OnDisk(2, 0), Is.EqualTo(2));
        Assert.That(fixture.OnDisk(2, 1), Is.Null, "what was discarded is gone there, too");

        // The one that was missing gets what it missed, and a hole that was made without it.
        Assert.That(fixture.Write(0, 3).IsOk && fixture.Discard(2).IsOk);
        Assert.That(fixture.OnDisk(1, 0), Is.EqualTo(2));
        Assert.That(fixture.Join(1));
        Assert.That(fixture.OnDisk(1, 0), Is.EqualTo(3));
        Assert.That(fixture.OnDisk(1, 2), Is.Null);
    }

    [Test]
    public void The_missing_one_may_serve_until_somebody_is_in_its_place()
    {
        using var fixture = WithTwoInSync();
        fixture.Stores[2].IsBroken = true;
        fixture.Start(0, 2);
        Assert.That(fixture.Group.State, Is.EqualTo(GroupState.Unavailable));
        Assert.That(Record(fixture).InSync, Is.EquivalentTo(new[] { fixture.Id(0), fixture.Id(1) }));
        Restart(fixture);
        fixture.Start(1, 2);
        Assert.That(fixture.Group.InSync, Is.EquivalentTo(new[] { fixture.Id(1), fixture.Id(2) }));
        Assert.That(fixture.Read(0, 3), Is.EqualTo([2, 0, 1]));
    }

    [Test]
    public void Nobody_is_when_the_missing_one_is_back()
    {
        using var fixture = WithTwoInSync();
        fixture.Run(() => StartAsync(fixture, () => true));
        Assert.That(fixture.Group.State, Is.EqualTo(GroupState.Unavailable));
        Assert.That(fixture.Context.Counters.MembersSubstituted, Is.Zero);
        fixture.Start(0, 1);
        Assert.That(fixture.Group.InSync, Is.EquivalentTo(new[] { fixture.Id(0), fixture.Id(1) }));
    }

    [Test]
    public void Nobody_is_without_what_only_the_missing_one_can_give()
    {
        using var fixture = WithTwoInSync();
        fixture.Disks[0].Rot(fixture.Object, 0);
        fixture.Start(0, 2);
        Assert.That(fixture.Group.State, Is.EqualTo(GroupState.Unavailable));
        fixture.Start(0, 1);
        Assert.That(fixture.Read(0, 3), Is.EqualTo([2, 0, 1]));
    }

    [Test]
    public void Nobody_waits_for_the_copies()
    {
        using var fixture = WithTwoInSync();
        fixture.Stores[2].MaximumDelayNs = 60_000_000_000;
        var starting = fixture.World.Start(fixture.Reactor, () => StartAsync(fixture, () => false));
        fixture.World.RunFor(100_000_000);
        Assert.That(starting.IsDone, Is.False);
        var beganNs = fixture.World.NowNs;
        Assert.That(fixture.Write(0, 9).Status, Is.EqualTo(GroupStatus.NotServed));
        Assert.That(fixture.World.NowNs - beganNs, Is.LessThan(100_000_000));
        fixture.World.RunUntil(() => starting.IsDone, 600_000_000_000);
        Assert.That(fixture.Write(0, 9).IsOk);
    }

    private static async ValueTask<Runtime.Fault?> StartAsync(GroupFixture fixture, Func<bool> isBack)
    {
        var read = await fixture.Context.ReadRecordAsync(fixture.Group.Id);
        var record = CoordinationJson.Read(read.Entries[0].Key, read.Entries[0].Value, ReplicationJson.Default.GroupRecord).Value;
        return await fixture.Group.StartAsync(
            record, read.Entries[0].ModifiedRevision, 0, [fixture.Replicas[0], fixture.Replicas[2]], isBack: isBack);
    }

    [Test]
    public void A_disk_that_the_row_does_not_name_does_not()
    {
        using var fixture = WithTwoInSync();
        fixture.SetRow(0, 1);
        fixture.Start(0, 2);
        Assert.That(fixture.Group.State, Is.EqualTo(GroupState.Unavailable));
    }
}
