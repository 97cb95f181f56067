namespace Uss.Replication.Tests;

[TestFixture]
public sealed class PlacementGroupWriteTests
{
    [Test]
    public void A_write_is_on_all_copies_under_one_version()
    {
        using var fixture = new GroupFixture(disks: 3);
        fixture.Start();
        Assert.That(fixture.Write(3, 0x11, blocks: 2).IsOk);
        for (var disk = 0; disk < 3; disk++)
        {
            Assert.That(fixture.OnDisk(disk, 3), Is.EqualTo(0x11));
            Assert.That(fixture.OnDisk(disk, 4), Is.EqualTo(0x11));
            Assert.That(fixture.VersionOnDisk(disk, 3), Is.EqualTo(fixture.VersionOnDisk(0, 3)).And.Not.Zero);
        }
    }

    [Test]
    public void Versions_rise_over_restarts()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        ulong last = 0;
        for (var i = 0; i < 5; i++)
        {
            for (var j = 0; j < 3; j++)
            {
                Assert.That(fixture.Write(0, (byte)(16 + i)).IsOk);
                Assert.That(fixture.VersionOnDisk(0, 0), Is.GreaterThan(last));
                last = fixture.VersionOnDisk(0, 0);
            }

            var epoch = fixture.Group.Record!.Epoch;
            fixture.CrashAndStart();
            Assert.That(fixture.Group.Record!.Epoch, Is.GreaterThan(epoch));
        }
    }

    [Test]
    public void An_epoch_without_versions_left_is_followed_by_the_next_one()
    {
        using var fixture = new GroupFixture();
        fixture.Context.VersionsPerEpoch = 8;
        fixture.Start();
        ulong last = 0;
        for (var i = 0; i < 100; i++)
        {
            Assert.That(fixture.Write(0, (byte)i).IsOk);
            Assert.That(fixture.VersionOnDisk(0, 0), Is.GreaterThan(last));
            last = fixture.VersionOnDisk(0, 0);
        }

        Assert.That(fixture.Group.Record!.Epoch, Is.GreaterThan(10));
        Assert.That(fixture.Read(0), Is.EqualTo([99]));
    }

    [Test]
    public void A_copy_that_fails_is_removed_before_the_write_is_acknowledged()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        Assert.That(fixture.Write(0, 1).IsOk);
        var clean = fixture.VersionOnDisk(1, 0);
        fixture.Stores[1].IsBroken = true;
        Assert.That(fixture.Write(0, 2).IsOk);
        Assert.That(fixture.Group.InSync, Is.EqualTo([fixture.Id(0)]));

        // What was acknowledged is committed: a start with both disks knows that the second one is stale.
        fixture.CrashAndStart();
        Assert.That(fixture.Group.Record!.InSync, Is.EqualTo([fixture.Id(0)]));
        Assert.That(fixture.Group.Record.Departed, Is.EqualTo(new[] { new DepartedMember(fixture.Id(1), clean) }));
        Assert.That(fixture.Read(0), Is.EqualTo([2]));
    }

    [Test]
    public void A_write_waits_for_the_removal_of_a_failed_copy()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        fixture.Stores[1].IsBroken = true;
        fixture.CoordinationFaults.IsDown = true;
        var write = fixture.World.Start(fixture.Reactor, () => fixture.WriteAsync(0, 1));
        fixture.World.RunFor(60_000_000_000);
        Assert.That(write.IsDone, Is.False, "acknowledged although a stale copy still counts as in sync");
        fixture.CoordinationFaults.IsDown = false;
        fixture.Settle();
        Assert.That(write.IsDone);
        Assert.That(write.Result.IsOk);
    }

    [Test]
    public void The_primary_may_fail_too()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        Assert.That(fixture.Write(0, 1).IsOk);
        fixture.Stores[0].IsBroken = true;
        Assert.That(fixture.Write(0, 2).IsOk);
        Assert.That(fixture.Group.InSync, Is.EqualTo([fixture.Id(1)]));
        Assert.That(fixture.Read(0), Is.EqualTo([2]));
    }

    [Test]
    public void The_last_copy_stays_though_it_fails()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        Assert.That(fixture.Write(0, 1).IsOk);
        fixture.Stores[0].IsBroken = fixture.Stores[1].IsBroken = true;
        Assert.That(fixture.Write(0, 2).Status, Is.EqualTo(GroupStatus.Unavailable));
        fixture.Stores[0].IsBroken = false;
        fixture.Stores[1].IsBroken = false;
        fixture.CrashAndStart();
        Assert.That(fixture.Group.InSync, Is.EquivalentTo([fixture.Id(0), fixture.Id(1)]));
        Assert.That(fixture.Read(0)[0], Is.AnyOf(1, 2));
    }

    [Test]
    public void Nothing_is_written_when_a_copy_is_full()
    {
        using var fixture = new GroupFixture();
        fixture.Disks[1].DataBytes = 4 * 4096;
        fixture.Restart();
        fixture.Start();
        var written = 0;
        while (fixture.Write(written, 1) is { IsOk: true })
            written++;
        Assert.That(written, Is.InRange(2, 4));
        Assert.That(fixture.Write(100, 1).Status, Is.EqualTo(GroupStatus.NoSpace));
        Assert.That(fixture.Group.InSync.Count(), Is.EqualTo(2), "a full disk must not cost redundancy");
        Assert.That(fixture.OnDisk(0, 100), Is.Null);
        Assert.That(fixture.Discard(0).IsOk);
        fixture.World.RunFor(2_000_000_000);
        Assert.That(fixture.Write(100, 1).IsOk);
    }

    [Test]
    public void A_copy_that_is_full_by_surprise_leaves()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        fixture.Run(() => ValueTask.FromResult(fixture.Replicas[1].FreeBytes));
        fixture.Disks[1].DataBytes = 0;
        Assert.That(fixture.Write(0, 1).IsOk);
        Assert.That(fixture.Group.InSync, Is.EqualTo([fixture.Id(0)]));
        fixture.Disks[0].DataBytes = 0;
        Assert.That(fixture.Write(1, 1).Status, Is.EqualTo(GroupStatus.NoSpace));
        Assert.That(fixture.Group.InSync, Is.EqualTo([fixture.Id(0)]));
    }

    [Test]
    public void A_copy_that_does_not_answer_is_given_up_and_its_data_stays_in_memory_until_it_does()
    {
        using var fixture = new GroupFixture(stallNs: 500_000_000);
        fixture.Start();
        Assert.That(fixture.Write(0, 1).IsOk);
        fixture.Stores[1].Hangs = true;
        var before = fixture.World.NowNs;
        Assert.That(fixture.Write(0, 2).IsOk);
        Assert.That(fixture.World.NowNs - before, Is.InRange(500_000_000, 1_000_000_000));
        Assert.That(fixture.Group.InSync, Is.EqualTo([fixture.Id(0)]));
        Assert.That(fixture.Reactor.Buffers.RentedBuffers, Is.EqualTo(1));
        Assert.That(fixture.Write(0, 3).IsOk);
        Assert.That(fixture.Join(1), Is.False, "a change given up on the disk could still take effect");

        // The late write finds its own data, not what was put into the buffer since.
        fixture.Stores[1].Hangs = false;
        fixture.Settle();
        Assert.That(fixture.OnDisk(1, 0), Is.EqualTo(2));
        Assert.That(fixture.Reactor.Buffers.RentedBuffers, Is.Zero);
        Assert.That(fixture.Join(1));
        Assert.That(fixture.OnDisk(1, 0), Is.EqualTo(3));
    }

    [Test]
    public void A_write_that_all_copies_are_slow_with_goes_on()
    {
        using var fixture = new GroupFixture(stallNs: 500_000_000);
        fixture.Start();
        fixture.Stores[0].Hangs = fixture.Stores[1].Hangs = true;
        var write = fixture.World.Start(fixture.Reactor, () => fixture.WriteAsync(0, 2));
        fixture.World.RunFor(5_000_000_000);
        Assert.That(write.IsDone, Is.False);
        fixture.Stores[0].Hangs = fixture.Stores[1].Hangs = false;
        fixture.Settle();
        Assert.That(write.Result.IsOk);
        Assert.That(fixture.Group.InSync.Count(), Is.EqualTo(2));
    }

    [Test]
    public void A_record_changed_by_somebody_else_ends_the_right_to_serve()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        fixture.Run(async () =>
        {
            var other = new GroupContext(fixture.Reactor, new Coordination.Simulated.SimulatedCoordinationStore(fixture.State));
            var thief = new PlacementGroup(fixture.Group.Id, 1, other);
            var entry = (await other.ReadRecordAsync(thief.Id)).Entries[0];
            return await thief.StartAsync(fixture.Group.Record, entry.ModifiedRevision, 0, fixture.Replicas);
        });
        fixture.Stores[1].IsBroken = true;
        Assert.That(fixture.Write(0, 1).Status, Is.EqualTo(GroupStatus.Unavailable));
        Assert.That(fixture.Group.State, Is.EqualTo(GroupState.Unavailable));
    }

    [Test]
    public void Lost_answers_of_the_coordination_store_do_not_matter()
    {
        using var fixture = new GroupFixture();
        fixture.CoordinationFaults.LostAnswers = 0.5;
        fixture.CoordinationFaults.MaximumDelayNs = 10_000_000;
        for (var i = 0; i < 20; i++)
        {
            Assert.That(i == 0 ? fixture.Start() : null, Is.Null);
            Assert.That(fixture.Write(0, (byte)i).IsOk);
            fixture.CrashAndStart();
            Assert.That(fixture.Read(0), Is.EqualTo([i]));
        }
    }

    [Test]
    public void A_discard_is_made_on_all_copies()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        Assert.That(fixture.Write(0, 1, blocks: 8).IsOk);
        Assert.That(fixture.Discard(2, blocks: 3).IsOk);
        Assert.That(fixture.Read(0, 8), Is.EqualTo([1, 1, 0, 0, 0, 1, 1, 1]));
        Assert.That(fixture.OnDisk(0, 3), Is.Null);
        Assert.That(fixture.OnDisk(1, 3), Is.Null);
        Assert.That(fixture.VersionOnDisk(1, 3), Is.EqualTo(fixture.VersionOnDisk(0, 3)));
    }
}
