namespace Uss.Replication.Tests;

[TestFixture]
public sealed class PlacementGroupResyncTests
{
    [Test]
    public void A_disk_that_returns_gets_only_what_changed()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        Assert.That(fixture.Write(0, 1, blocks: 500).IsOk);
        fixture.CrashAndStart(0);
        Assert.That(fixture.Write(10, 2).IsOk);
        Assert.That(fixture.Write(20, 3, blocks: 3).IsOk);
        Assert.That(fixture.Discard(30, blocks: 2).IsOk);
        var before = fixture.Stores[1].BlocksWritten;
        Assert.That(fixture.Join(1));
        Assert.That(fixture.Stores[1].BlocksWritten - before, Is.EqualTo(4));
        Assert.That(fixture.Group.InSync, Is.EqualTo([fixture.Id(0), fixture.Id(1)]));
        Assert.That(fixture.Group.Record!.Departed, Is.Empty);
        AssertEqualCopies(fixture);
    }

    [Test]
    public void A_disk_that_is_new_gets_everything()
    {
        using var fixture = new GroupFixture();
        fixture.Start(0);
        Assert.That(fixture.Write(0, 1, blocks: 100).IsOk);
        Assert.That(fixture.Discard(50, blocks: 10).IsOk);
        Assert.That(fixture.Join(1));
        Assert.That(fixture.Disks[1].PresentBlocks, Is.EqualTo(90));
        AssertEqualCopies(fixture);
    }

    [Test]
    public void What_a_returning_disk_holds_beyond_the_primary_is_overwritten_under_a_newer_version()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        Assert.That(fixture.Write(0, 1, blocks: 4).IsOk);

        // A write that reaches only the second disk before the crash; then the first serves alone.
        fixture.Stores[0].Hangs = true;
        var write = fixture.World.Start(fixture.Reactor, () => fixture.WriteAsync(1, 2));
        fixture.World.RunFor(1_000_000);
        Assert.That(write.IsDone, Is.False);
        Assert.That(fixture.OnDisk(1, 1), Is.EqualTo(2));
        fixture.CrashAndStart(0);
        Assert.That(fixture.Read(0, 4), Is.EqualTo([1, 1, 1, 1]));
        Assert.That(fixture.Join(1));
        Assert.That(fixture.Read(0, 4), Is.EqualTo([1, 1, 1, 1]), "an unacknowledged write came back");
        AssertEqualCopies(fixture);
    }

    [Test]
    public void After_a_crash_the_copies_are_equal_before_anything_is_served()
    {
        for (ulong seed = 1; seed <= 50; seed++)
        {
            using var fixture = new GroupFixture(seed: seed);
            fixture.Start();
            foreach (var store in fixture.Stores)
                store.MaximumDelayNs = 1_000_000;
            Assert.That(fixture.Write(0, 1, blocks: 32).IsOk);
            for (byte i = 0; i < 16; i++)
            {
                var (block, fill) = (i, (byte)(i + 100));
                _ = i % 4 == 3
                    ? fixture.World.Start(fixture.Reactor, () => fixture.Group.DiscardAsync(fixture.Object, block, 1))
                    : fixture.World.Start(fixture.Reactor, () => fixture.WriteAsync(block, fill));
            }

            fixture.World.RunFor(fixture.World.Stream("crash").Next(2_000_000));
            fixture.CrashAndStart();
            var served = fixture.Read(0, 32);
            AssertEqualCopies(fixture);
            for (var block = 0; block < 32; block++)
            {
                var possible = block >= 16 ? new[] { 1 } : block % 4 == 3 ? [1, 0] : [1, block + 100];
                Assert.That(possible, Does.Contain(served[block]));
            }
        }
    }

    [Test]
    public void Clean_versions_spare_the_comparison_of_what_is_equal()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        Assert.That(fixture.Write(0, 1, blocks: 32).IsOk);
        var clean = fixture.Group.CleanVersion;
        Assert.That(clean, Is.EqualTo(fixture.VersionOnDisk(0, 0)));
        fixture.Restart();
        var entry = fixture.Run(() => fixture.Context.ReadRecordAsync(fixture.Group.Id)).Entries[0];
        var record = Coordination.CoordinationJson.Read(entry.Key, entry.Value, ReplicationJson.Default.GroupRecord).Value;
        Assert.That(fixture.Run(() => fixture.Group.StartAsync(record, entry.ModifiedRevision, clean, fixture.Replicas)), Is.Null);
        Assert.That(fixture.Context.Counters.ObjectsCompared, Is.Zero);

        // Which the record keeps; without it, everything is compared.
        fixture.CrashAndStart();
        Assert.That(fixture.Context.Counters.ObjectsCompared, Is.Zero);
        fixture.Restart();
        entry = fixture.Run(() => fixture.Context.ReadRecordAsync(fixture.Group.Id)).Entries[0];
        record = record! with { Epoch = record.Epoch + 2, CleanVersion = 0 };
        Assert.That(fixture.Run(() => fixture.Group.StartAsync(record, entry.ModifiedRevision, 0, fixture.Replicas)), Is.Null);
        Assert.That(fixture.Context.Counters.ObjectsCompared, Is.EqualTo(1));
    }

    [Test]
    public void A_disk_that_was_out_of_sync_never_serves_alone()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        Assert.That(fixture.Write(0, 1).IsOk);
        fixture.CrashAndStart(0);
        Assert.That(fixture.Write(0, 2).IsOk);
        fixture.CrashAndStart(1);
        Assert.That(fixture.Group.State, Is.EqualTo(GroupState.Unavailable));
        Assert.That(fixture.Read(0), Is.EqualTo([-1]));
        Assert.That(fixture.Write(0, 3).Status, Is.EqualTo(GroupStatus.NotServed));
        Assert.That(fixture.Start(), Is.Null);
        Assert.That(fixture.Read(0), Is.EqualTo([2]));
    }

    [Test]
    public void Writes_go_on_while_a_disk_catches_up()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            using var fixture = new GroupFixture(seed: seed);
            fixture.Start(0);
            Assert.That(fixture.Write(0, 1, blocks: 200).IsOk);
            foreach (var store in fixture.Stores)
                store.MaximumDelayNs = 200_000;
            var random = fixture.World.Stream("writes");
            var expected = Enumerable.Repeat(1, 200).ToArray();
            var writing = fixture.World.Start(fixture.Reactor, async () =>
            {
                for (var i = 0; i < 100; i++)
                {
                    var (block, fill) = (random.Next(200), (byte)(2 + random.Next(250)));
                    if (random.Chance(0.2))
                        Assert.That((await fixture.Group.DiscardAsync(fixture.Object, block, 1)).IsOk);
                    else
                        Assert.That((await fixture.WriteAsync(block, fill)).IsOk);
                    expected[block] = fixture.OnDisk(0, block) ?? 0;
                }

                return true;
            });
            fixture.World.RunFor(random.Next(2_000_000));
            Assert.That(fixture.Join(1));
            fixture.Settle();
            Assert.That(writing.IsDone);
            AssertEqualCopies(fixture);
            fixture.Stores[0].IsBroken = true;
            Assert.That(fixture.Read(0, 200), Is.EqualTo(expected));
        }
    }

    [Test]
    public void A_write_that_began_before_the_disk_came_back_is_on_it_too()
    {
        using var fixture = new GroupFixture();
        fixture.Start(0);
        Assert.That(fixture.Write(0, 1, blocks: 4).IsOk);
        fixture.Stores[0].Hangs = true;
        var write = fixture.World.Start(fixture.Reactor, () => fixture.WriteAsync(100, 2));
        fixture.World.RunFor(1_000_000);
        var join = fixture.World.Start(fixture.Reactor, () => fixture.Group.JoinAsync(fixture.Replicas[1]));
        fixture.World.RunFor(1_000_000_000);
        Assert.That(join.IsDone, Is.False, "what the write changes is not known yet");
        fixture.Stores[0].Hangs = false;
        fixture.Settle();
        Assert.That(write.Result.IsOk && join.Result);
        AssertEqualCopies(fixture);
    }

    [Test]
    public void A_joiner_that_fails_holds_up_nothing_and_stays_out()
    {
        using var fixture = new GroupFixture();
        fixture.Start(0);
        Assert.That(fixture.Write(0, 1, blocks: 100).IsOk);
        var join = fixture.World.Start(fixture.Reactor, () => fixture.Group.JoinAsync(fixture.Replicas[1]));
        fixture.World.RunFor(3_000);
        fixture.Stores[1].IsBroken = true;
        var epoch = fixture.Group.Record!.Epoch;
        Assert.That(fixture.Write(0, 2).IsOk);
        fixture.Settle();
        Assert.That(join.IsDone);
        Assert.That(join.Result, Is.False);
        Assert.That(fixture.Group.Record.Epoch, Is.EqualTo(epoch));
        fixture.Stores[1].IsBroken = false;
        Assert.That(fixture.Join(1));
        AssertEqualCopies(fixture);
    }

    [Test]
    public void A_write_that_fails_on_a_joiner_while_it_is_admitted_waits_until_it_is_out_again()
    {
        using var fixture = new GroupFixture();
        fixture.Start(0);
        Assert.That(fixture.Write(0, 1, blocks: 4).IsOk);
        fixture.CoordinationFaults.MaximumDelayNs = 1_000_000_000;
        var join = fixture.World.Start(fixture.Reactor, () => fixture.Group.JoinAsync(fixture.Replicas[1]));
        Assert.That(fixture.World.RunUntil(() => fixture.OnDisk(1, 3) == 1 && fixture.Group.Joining is null, 10_000_000_000));
        Assert.That(fixture.Group.InSync.Count(), Is.EqualTo(1), "not admitted yet");
        fixture.Stores[1].IsBroken = true;
        Assert.That(fixture.Write(0, 2).IsOk);
        Assert.That(fixture.Group.InSync, Is.EqualTo([fixture.Id(0)]));
        fixture.Settle();
        Assert.That(join.Result, Is.False);
        fixture.Stores[1].IsBroken = false;
        fixture.CrashAndStart();
        Assert.That(fixture.Read(0), Is.EqualTo([2]));
    }

    [Test]
    public void A_copy_that_cannot_be_made_because_of_damage_keeps_the_disk_out()
    {
        using var fixture = new GroupFixture();
        fixture.Start(0);
        Assert.That(fixture.Write(0, 1, blocks: 10).IsOk);
        fixture.Disks[0].Rot(fixture.Object, 5);
        Assert.That(fixture.Join(1), Is.False);
        Assert.That(fixture.Group.Joining, Is.EqualTo(fixture.Id(1)), "it gets new writes all the same");
        Assert.That(fixture.Group.InSync, Is.EqualTo([fixture.Id(0)]));
        Assert.That(fixture.OnDisk(1, 4), Is.EqualTo(1));
        Assert.That(fixture.Write(5, 2).IsOk);
        Assert.That(fixture.Join(1));
        AssertEqualCopies(fixture);
    }

    [Test]
    public void A_primary_that_is_damaged_at_a_start_takes_the_block_from_the_other_copy()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        Assert.That(fixture.Write(0, 1, blocks: 10).IsOk);
        fixture.Stores[1].Hangs = true;
        fixture.World.Start(fixture.Reactor, () => fixture.WriteAsync(3, 2));
        fixture.World.RunFor(1_000_000);
        fixture.Disks[0].Rot(fixture.Object, 3);
        fixture.CrashAndStart();
        Assert.That(fixture.Read(0, 10), Is.EqualTo(Enumerable.Repeat(1, 10)));
        AssertEqualCopies(fixture);
    }

    [Test]
    public void A_member_that_fails_while_the_group_starts_is_left_behind()
    {
        for (var broken = 0; broken < 2; broken++)
        {
            using var fixture = new GroupFixture();
            fixture.Start();
            Assert.That(fixture.Write(0, 1, blocks: 10).IsOk);
            fixture.Restart();
            fixture.Stores[broken].IsBroken = true;
            Assert.That(fixture.Start(), Is.Null);
            Assert.That(fixture.Group.InSync, Is.EqualTo([fixture.Id(1 - broken)]));
            Assert.That(fixture.Read(0), Is.EqualTo([1]));
        }
    }

    [Test]
    public void The_disk_that_the_map_prefers_becomes_primary_again()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        Assert.That(fixture.Write(0, 1).IsOk);
        fixture.CrashAndStart(1);
        Assert.That(fixture.Group.Primary, Is.EqualTo(fixture.Id(1)));
        Assert.That(fixture.Write(0, 2).IsOk);
        Assert.That(fixture.Join(0));
        Assert.That(fixture.Group.Primary, Is.EqualTo(fixture.Id(0)));
        Assert.That(fixture.Read(0), Is.EqualTo([2]));
    }

    [Test]
    public void A_group_moves_to_where_the_map_wants_it()
    {
        using var fixture = new GroupFixture(disks: 3);
        var released = new List<IReplica>();
        fixture.Context.MemberReleased = (_, replica) => released.Add(replica);
        fixture.SetRow(0, 1);
        fixture.Start(0, 1);
        Assert.That(fixture.Write(0, 1, blocks: 10).IsOk);
        fixture.SetRow(2, 1);
        fixture.Settle();
        Assert.That(fixture.Group.InSync, Is.EqualTo([fixture.Id(0), fixture.Id(1)]), "nothing leaves before it is made up for");
        Assert.That(fixture.Join(2));
        fixture.Settle();
        Assert.That(fixture.Group.InSync, Is.EqualTo([fixture.Id(2), fixture.Id(1)]));
        Assert.That(fixture.Group.Record!.Departed, Is.Empty);
        Assert.That(released.Select(replica => replica.DiskId), Is.EqualTo([fixture.Id(0)]));
        fixture.Run(async () =>
        {
            await fixture.Group.PurgeAsync(fixture.Replicas[0]);
            return true;
        });
        Assert.That(fixture.Disks[0].PresentBlocks, Is.Zero);
        Assert.That(fixture.Read(0, 10), Is.EqualTo(Enumerable.Repeat(1, 10)));

        // And back again: what was purged is copied anew.
        fixture.SetRow(0, 1);
        Assert.That(fixture.Join(0));
        fixture.Settle();
        Assert.That(fixture.Group.InSync, Is.EqualTo([fixture.Id(0), fixture.Id(1)]));
        AssertEqualCopies(fixture);
        fixture.Stores[1].IsBroken = true;
        Assert.That(fixture.Read(0, 10), Is.EqualTo(Enumerable.Repeat(1, 10)));
    }

    [Test]
    public void A_group_finds_room_for_what_the_map_wants_however_often_that_changes()
    {
        using var fixture = new GroupFixture(disks: 11);
        fixture.SetRow(0, 1, 2);
        fixture.Start(0, 1, 2);
        Assert.That(fixture.Write(0, 1, blocks: 10).IsOk);
        fixture.SetRow(3, 4, 5);
        Assert.That(fixture.Join(3) && fixture.Join(4));
        fixture.SetRow(3, 6, 7);
        Assert.That(fixture.Join(6));
        Assert.That(fixture.Group.InSync.Count(), Is.EqualTo(6), "nothing leaves before it is made up for");
        fixture.SetRow(8, 9, 10);
        fixture.Settle();
        Assert.That(fixture.Group.InSync.Count(), Is.EqualTo(4), "half of the room is for what the map wants");
        Assert.That(fixture.Join(8) && fixture.Join(9) && fixture.Join(10));
        fixture.Settle();
        Assert.That(fixture.Group.InSync, Is.EqualTo([fixture.Id(8), fixture.Id(9), fixture.Id(10)]));
        Assert.That(fixture.Read(0, 10), Is.EqualTo(Enumerable.Repeat(1, 10)));
    }

    private static void AssertEqualCopies(GroupFixture fixture)
    {
        for (var block = 0; block < 1024; block++)
        {
            Assert.That(fixture.OnDisk(1, block), Is.EqualTo(fixture.OnDisk(0, block)), $"block {block}");
            if (fixture.OnDisk(0, block) is not null)
                Assert.That(fixture.VersionOnDisk(1, block), Is.EqualTo(fixture.VersionOnDisk(0, block)), $"block {block}");
        }
    }
}
