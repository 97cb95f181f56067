using Uss.Replication.Tests.Support;
using Uss.Store;

namespace Uss.Replication.Tests;

[TestFixture]
public sealed class PlacementGroupScrubTests
{
    [Test]
    public void Rot_that_nobody_reads_is_found_on_every_member_and_repaired()
    {
        using var fixture = Started(disks: 3);
        fixture.Write(0, 5, blocks: 100);
        fixture.Disks[1].Rot(fixture.Object, 3);
        fixture.Disks[1].Rot(fixture.Object, 70);
        fixture.Disks[2].Rot(fixture.Object, 3);
        var found = Scrub(fixture);
        Assert.That((found.CopiesRead, found.Damaged, found.Repaired), Is.EqualTo((300L, 3L, 3L)));
        Assert.That((found.Outdated, found.Unrepairable, found.Lost.Count), Is.EqualTo((0L, 0L, 0)));
        RequireEqual(fixture);
        Assert.That(Scrub(fixture).Damaged, Is.Zero);
    }

    [Test]
    public void Without_a_good_copy_the_range_is_told()
    {
        using var fixture = Started(disks: 2);
        fixture.Write(0, 5, blocks: 10);
        foreach (var block in new[] { 4, 5, 8 })
        {
            fixture.Disks[0].Rot(fixture.Object, block);
            fixture.Disks[1].Rot(fixture.Object, block);
        }

        var found = Scrub(fixture);
        Assert.That((found.Damaged, found.Repaired, found.Unrepairable), Is.EqualTo((6L, 0L, 3L)));
        Assert.That(found.Lost, Is.EqualTo([new LostRange(fixture.Object, 4, 2), new LostRange(fixture.Object, 8, 1)]));
        Assert.That(fixture.Run(() => fixture.ReadAsync(4)).Result, Is.EqualTo(new GroupResult(GroupStatus.Damaged, 4)));
    }

    [Test]
    public void A_single_copy_is_verified_too()
    {
        using var fixture = Started(disks: 1);
        fixture.Write(0, 5, blocks: 10);
        fixture.Disks[0].Rot(fixture.Object, 4);
        var found = Scrub(fixture);
        Assert.That((found.CopiesRead, found.Damaged, found.Unrepairable), Is.EqualTo((10L, 1L, 1L)));
    }

    [TestCase(0)]
    [TestCase(1)]
    public void The_newest_version_is_the_acknowledged_one_whoever_holds_it(int loser)
    {
        using var fixture = Started(disks: 2);
        fixture.Write(0, 5, blocks: 4);
        var old = fixture.Disks[loser].Objects[fixture.Object].Blocks[2];
        old.Data = [.. old.Data!];
        fixture.Write(2, 6);

        // The disk said that the write was done, and forgot it.
        fixture.Disks[loser].Objects[fixture.Object].Blocks[2] = old;
        var found = Scrub(fixture);
        Assert.That((found.Damaged, found.Outdated, found.Repaired, found.Unrepairable), Is.EqualTo((0L, 1L, 1L, 0L)));
        Assert.That(fixture.Read(0, 4), Is.EqualTo([5, 5, 6, 5]));
        RequireEqual(fixture);
    }

    [TestCase(0)]
    [TestCase(1)]
    public void An_object_that_one_member_lacks_is_copied_to_it(int loser)
    {
        using var fixture = Started(disks: 2);
        fixture.Write(0, 5, blocks: 4);
        fixture.Discard(1);
        fixture.Disks[loser].Objects.Remove(fixture.Object);
        var found = Scrub(fixture);
        Assert.That((found.Outdated, found.Repaired), Is.EqualTo((3L, 3L)));
        Assert.That(fixture.Read(0, 4), Is.EqualTo([5, 0, 5, 5]));
        RequireEqual(fixture);
    }

    [TestCase(0)]
    [TestCase(1)]
    public void A_discard_that_a_disk_forgot_stays_done(int loser)
    {
        using var fixture = Started(disks: 2);
        fixture.Write(0, 5, blocks: 4);
        var old = fixture.Disks[loser].Objects[fixture.Object].Blocks[2];
        fixture.Discard(2);
        fixture.Disks[loser].Objects[fixture.Object].Blocks[2] = old;
        Assert.That(Scrub(fixture).Repaired, Is.EqualTo(1));
        Assert.That(fixture.OnDisk(loser, 2), Is.Null);
        Assert.That(fixture.Read(0, 4), Is.EqualTo([5, 5, 0, 5]));
    }

    [TestCase(0)]
    [TestCase(1)]
    public void An_older_copy_never_stands_in_for_a_newer_one_that_is_damaged(int loser)
    {
        using var fixture = Started(disks: 2);
        fixture.Write(0, 5, blocks: 4);
        var old = fixture.Disks[loser].Objects[fixture.Object].Blocks[2];
        old.Data = [.. old.Data!];
        fixture.Write(2, 6);
        fixture.Disks[loser].Objects[fixture.Object].Blocks[2] = old;
        fixture.Disks[1 - loser].Rot(fixture.Object, 2);
        var found = Scrub(fixture);
        Assert.That((found.Damaged, found.Repaired, found.Unrepairable), Is.EqualTo((1L, 0L, 1L)));
        Assert.That(fixture.OnDisk(loser, 2), Is.EqualTo(5));
        Assert.That(fixture.Run(() => fixture.ReadAsync(0, 4)).Result, Is.EqualTo(new GroupResult(GroupStatus.Damaged, 2)));

        // Written again, it is as good as any.
        Assert.That(fixture.Write(2, 7).IsOk);
        Assert.That(fixture.Read(0, 4), Is.EqualTo([5, 5, 7, 5]));
        Assert.That(Scrub(fixture).Unrepairable, Is.Zero);
    }

    [Test]
    public void Different_data_under_one_version_is_told_and_left_alone()
    {
        using var fixture = Started(disks: 2);
        fixture.Write(0, 5, blocks: 4);
        ref var other = ref fixture.Disks[1].Objects[fixture.Object].Blocks[2];
        other.Data = [.. Enumerable.Repeat((byte)9, StoreUnits.BlockBytes)];
        other.Checksum = Runtime.Crc32C.Compute(other.Data);
        var found = Scrub(fixture);
        Assert.That((found.Repaired, found.Unrepairable), Is.EqualTo((0L, 1L)));
        Assert.That((fixture.OnDisk(0, 2), fixture.OnDisk(1, 2)), Is.EqualTo((5, 9)));
    }

    [Test]
    public void Writes_under_way_are_no_differences()
    {
        using var fixture = Started(disks: 3);
        foreach (var store in fixture.Stores)
            store.MaximumDelayNs = 2_000_000;
        var isDone = false;
        var passes = 0;
        fixture.World.Start(fixture.Reactor, async () =>
        {
            for (var i = 0; i < 300; i++)
                await fixture.WriteAsync(fixture.Reactor.Random.Next(100), (byte)i, 1 + fixture.Reactor.Random.Next(8));
            return isDone = true;
        });
        while (!isDone)
        {
            var found = Scrub(fixture);
            passes++;
            Assert.That((found.Damaged, found.Outdated, found.Repaired, found.Unrepairable), Is.EqualTo((0L, 0L, 0L, 0L)));
        }

        Assert.That(passes, Is.GreaterThan(5));
        RequireEqual(fixture);
    }

    [Test]
    public void A_change_that_nobody_acknowledged_is_left_to_peering()
    {
        using var fixture = Started(disks: 2);
        fixture.Write(0, 5, blocks: 4);
        fixture.Stores[0].IsBroken = true;
        fixture.Stores[1].LosesAnswers = true;
        Assert.That(fixture.Write(2, 6).Status, Is.EqualTo(GroupStatus.Unavailable));
        Assert.That((fixture.OnDisk(0, 2), fixture.OnDisk(1, 2)), Is.EqualTo((5, 6)));
        fixture.Stores[0].IsBroken = fixture.Stores[1].LosesAnswers = false;
        Assert.That(fixture.Run(() => fixture.Group.ScrubAsync(new GroupScrub(), static _ => default)), Is.False);
        Assert.That((fixture.OnDisk(0, 2), fixture.OnDisk(1, 2)), Is.EqualTo((5, 6)));
        fixture.CrashAndStart();
        Assert.That(Scrub(fixture).Outdated, Is.Zero);
    }

    [Test]
    public void A_member_that_does_not_answer_ends_the_scrub()
    {
        using var fixture = Started(disks: 2);
        fixture.Write(0, 5, blocks: 4);
        fixture.Stores[1].IsBroken = true;
        Assert.That(fixture.Run(() => fixture.Group.ScrubAsync(new GroupScrub(), static _ => default)), Is.False);
    }

    [Test]
    public void Who_catches_up_gets_what_was_repaired()
    {
        using var fixture = Started(disks: 2);
        fixture.Write(0, 5, blocks: 4);
        for (var block = 10; block < 200; block++)
            fixture.Write(block, 5);
        var old = fixture.Disks[0].Objects[fixture.Object].Blocks[2];
        old.Data = [.. old.Data!];
        fixture.Write(2, 6);
        fixture.Disks[0].Objects[fixture.Object].Blocks[2] = old;

        // The joiner has just taken the primary's old state for good.
        var third = new FakeDisk(new Guid(9, 0, 0, new byte[8]));
        var store = new FakeStore(third);
        fixture.Run(() =>
        {
            fixture.Stores.Add(store);
            fixture.Replicas.Add(new LocalReplica(store));
            return ValueTask.FromResult(true);
        });
        store.MaximumDelayNs = 1_000_000;
        fixture.Run(() =>
        {
            fixture.Group.SetRow([fixture.Id(0), fixture.Id(1), third.Id]);
            return ValueTask.FromResult(true);
        });
        var joined = false;
        fixture.World.Start(fixture.Reactor, async () => joined = await fixture.Group.JoinAsync(fixture.Replicas[2]));
        fixture.World.RunUntil(() => third.Objects.GetValueOrDefault(fixture.Object)?.Blocks[2].Data is not null, 1_000_000_000);
        Assert.That((joined, fixture.Group.Joining), Is.EqualTo((false, third.Id)), "it still catches up");
        Assert.That(Scrub(fixture).Repaired, Is.EqualTo(1));
        Assert.That(fixture.World.RunUntil(() => joined, 10_000_000_000));
        Assert.That(third.Objects[fixture.Object].Blocks[2].Data![0], Is.EqualTo(6));
    }

    private static GroupFixture Started(int disks)
    {
        var fixture = new GroupFixture(disks);
        Assert.That(fixture.Start(), Is.Null);
        return fixture;
    }

    private static GroupScrub Scrub(GroupFixture fixture)
    {
        var findings = new GroupScrub();
        Assert.That(fixture.Run(() => fixture.Group.ScrubAsync(findings, static _ => default)), Is.True);
        Assert.That(findings.ObjectsDone, Is.EqualTo(findings.Objects));
        return findings;
    }

    private static void RequireEqual(GroupFixture fixture)
    {
        var first = fixture.Disks[0].Objects[fixture.Object];
        foreach (var disk in fixture.Disks.Skip(1))
        {
            for (var block = 0; block < StoreUnits.BlocksPerObject; block++)
            {
                var (one, other) = (first.Blocks[block], disk.Objects[fixture.Object].Blocks[block]);
                Assert.That(other.Data, Is.EqualTo(one.Data), $"block {block}");
                Assert.That(one.Data is null || one.Version == other.Version, $"version of block {block}");
            }
        }
    }
}
