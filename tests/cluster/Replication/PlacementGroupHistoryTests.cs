namespace Uss.Replication.Tests;

/// <summary>
/// What a member cannot know by itself when it compares: versions given while peering, and what was discarded before it came.
/// </summary>
[TestFixture]
public sealed class PlacementGroupHistoryTests
{
    [Test]
    public void What_peering_renews_reaches_the_members_that_were_equal_before()
    {
        using var fixture = new GroupFixture(disks: 3);
        fixture.Start();
        Assert.That(fixture.Write(0, 1, blocks: 4).IsOk);

        // A write that reaches only the last disk before the crash.
        fixture.Stores[0].Hangs = fixture.Stores[1].Hangs = true;
        var write = fixture.World.Start(fixture.Reactor, () => fixture.WriteAsync(1, 2));
        fixture.World.RunFor(1_000_000);
        Assert.That(write.IsDone, Is.False);
        Assert.That(fixture.OnDisk(2, 1), Is.EqualTo(2));
        fixture.CrashAndStart();
        Assert.That(fixture.Read(0, 4), Is.EqualTo([1, 1, 1, 1]));
        for (var disk = 1; disk < 3; disk++)
            Assert.That(fixture.VersionOnDisk(disk, 1), Is.EqualTo(fixture.VersionOnDisk(0, 1)));
    }

    [Test]
    public void What_was_discarded_does_not_return_with_a_disk_that_was_away([Values] bool isWitnessThere)
    {
        using var fixture = new GroupFixture(disks: 4);
        fixture.Start(0, 1, 3);
        Assert.That(fixture.Write(0, 1, blocks: 4).IsOk);
        Lose(fixture, 1);
        Assert.That(fixture.Group.Record!.Departed[0].CleanVersion, Is.Not.Zero);
        Assert.That(fixture.Discard(0, blocks: 4).IsOk);

        // The new disk has no data of the object, and so no holes.
        Assert.That(fixture.Join(2));
        fixture.Restart();
        fixture.SetRow(2, 1, 3);
        Assert.That(isWitnessThere ? fixture.Start(2, 3) : fixture.Start(2), Is.Null);
        Assert.That(fixture.Group.Primary, Is.EqualTo(fixture.Id(2)));
        Assert.That(fixture.OnDisk(1, 0), Is.EqualTo(1));
        Assert.That(fixture.Join(1));
        Assert.That(fixture.OnDisk(1, 0), Is.Null, "discarded data came back");
        Assert.That(fixture.Context.Counters.ObjectsCompared, Is.EqualTo(1));
    }

    [Test]
    public void Who_joined_is_remembered_only_while_an_earlier_member_is_away()
    {
        using var fixture = new GroupFixture(disks: 3);
        fixture.Start(0, 1);
        fixture.CrashAndStart(0);
        Assert.That(fixture.Write(0, 1).IsOk);
        Assert.That(fixture.Join(2));
        Assert.That(fixture.Group.Record!.Joined.Select(member => member.Disk), Is.EqualTo([fixture.Id(2)]));
        Assert.That(fixture.Join(1));
        Assert.That(fixture.Group.Record.Joined, Is.Empty);
    }

    private static void Lose(GroupFixture fixture, int disk)
    {
        fixture.Run(() =>
        {
            fixture.Group.LoseDisk(fixture.Id(disk));
            return ValueTask.FromResult(true);
        });
        fixture.Settle();
        Assert.That(fixture.Group.InSync, Does.Not.Contain(fixture.Id(disk)));
    }
}
