namespace Uss.Replication.Tests;

[TestFixture]
public sealed class PlacementGroupHealingTests
{
    [Test]
    public void A_damaged_block_is_read_from_the_other_copy_and_repaired()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        Assert.That(fixture.Write(0, 5, blocks: 10).IsOk);
        fixture.Disks[0].Rot(fixture.Object, 4);
        Assert.That(fixture.Read(0, 10), Is.EqualTo(Enumerable.Repeat(5, 10)));
        Assert.That(fixture.Context.Counters.BlocksHealed, Is.EqualTo(1));
        fixture.Settle();
        Assert.That(fixture.Context.Counters.BlocksRepaired, Is.EqualTo(1));
        Assert.That(fixture.VersionOnDisk(0, 4), Is.EqualTo(fixture.VersionOnDisk(1, 4)));

        // Now the repaired copy is the only good one.
        fixture.Disks[1].Rot(fixture.Object, 4);
        Assert.That(fixture.Read(0, 10), Is.EqualTo(Enumerable.Repeat(5, 10)));
        Assert.That(fixture.Context.Counters.BlocksHealed, Is.EqualTo(1));
    }

    [Test]
    public void Copies_damaged_in_different_blocks_make_up_for_each_other()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        for (var block = 0; block < 8; block++)
            Assert.That(fixture.Write(block, (byte)(block + 1)).IsOk);
        foreach (var block in new[] { 1, 4, 6 })
            fixture.Disks[0].Rot(fixture.Object, block);
        foreach (var block in new[] { 2, 5 })
            fixture.Disks[1].Rot(fixture.Object, block);
        Assert.That(fixture.Read(0, 8), Is.EqualTo(Enumerable.Range(1, 8)));
        fixture.Settle();
        for (var disk = 0; disk < 2; disk++)
        {
            fixture.CrashAndStart();
            fixture.Stores[1 - disk].IsBroken = true;
            Assert.That(fixture.Read(0, 8), Is.EqualTo(Enumerable.Range(1, 8)), "the repair is on both");
            fixture.Stores[1 - disk].IsBroken = false;
        }
    }

    [Test]
    public void Without_a_good_copy_the_block_is_reported_and_never_made_up()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        Assert.That(fixture.Write(0, 5, blocks: 4).IsOk);
        fixture.Disks[0].Rot(fixture.Object, 2);
        fixture.Disks[1].Rot(fixture.Object, 2);
        var (result, _) = fixture.Run(() => fixture.ReadAsync(0, 4));
        Assert.That(result, Is.EqualTo(new GroupResult(GroupStatus.Damaged, 2)));
        Assert.That(fixture.Context.Counters.BlocksLost, Is.EqualTo(1));
        Assert.That(fixture.Read(3), Is.EqualTo([5]));
        Assert.That(fixture.Write(2, 6).IsOk);
        Assert.That(fixture.Read(0, 4), Is.EqualTo([5, 5, 6, 5]));
    }

    [Test]
    public void A_single_copy_reports_its_damage()
    {
        using var fixture = new GroupFixture(disks: 1);
        fixture.Start();
        Assert.That(fixture.Write(0, 5, blocks: 4).IsOk);
        fixture.Disks[0].Rot(fixture.Object, 1);
        Assert.That(fixture.Run(() => fixture.ReadAsync(0, 4)).Result, Is.EqualTo(new GroupResult(GroupStatus.Damaged, 1)));
    }

    [Test]
    public void A_copy_of_another_version_is_no_substitute()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        Assert.That(fixture.Write(0, 5).IsOk);

        // A lost write: the second disk went back in time behind everybody's back.
        var block = fixture.Disks[1].Objects[fixture.Object].Blocks;
        block[0].Version--;
        fixture.Disks[0].Rot(fixture.Object, 0);
        Assert.That(fixture.Run(() => fixture.ReadAsync(0)).Result.Status, Is.EqualTo(GroupStatus.Damaged));
    }

    [Test]
    public void A_write_while_the_repair_waits_is_not_undone()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            using var fixture = new GroupFixture(seed: seed);
            fixture.Start();
            Assert.That(fixture.Write(0, 5, blocks: 4).IsOk);
            foreach (var store in fixture.Stores)
                store.MaximumDelayNs = 100_000;
            fixture.Disks[0].Rot(fixture.Object, 1);
            Assert.That(fixture.Read(0, 4), Is.EqualTo([5, 5, 5, 5]));
            Assert.That(fixture.Write(1, 6).IsOk);
            fixture.Settle();
            Assert.That(fixture.Read(0, 4), Is.EqualTo([5, 6, 5, 5]));
            Assert.That(fixture.OnDisk(0, 1), Is.EqualTo(6));
            Assert.That(fixture.OnDisk(1, 1), Is.EqualTo(6));
        }
    }

    [Test]
    public void Reads_go_on_from_the_other_copy_when_the_primary_is_lost()
    {
        using var fixture = new GroupFixture();
        fixture.Start();
        Assert.That(fixture.Write(0, 5).IsOk);
        fixture.Stores[0].IsBroken = true;
        Assert.That(fixture.Read(0), Is.EqualTo([5]));
        fixture.Settle();
        Assert.That(fixture.Group.InSync, Is.EqualTo([fixture.Id(1)]));
    }
}
