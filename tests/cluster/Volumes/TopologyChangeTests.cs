using Uss.Store;

namespace Uss.Volumes.Tests;

/// <summary>Nodes and disks are drained, removed, added and moved while data is served.</summary>
[TestFixture]
public sealed class TopologyChangeTests
{
    [Test]
    public void A_drained_node_gives_up_everything_and_no_group_ever_has_fewer_copies()
    {
        using var cluster = new TopologyFixture(4);
        var expected = cluster.CreateVolume(copies: 3);
        var gone = cluster.Members[2];
        var fewest = int.MaxValue;
        foreach (var group in cluster.AllGroups())
            fewest = Math.Min(fewest, group.Record!.InSync.Count);
        Assert.That(cluster.Run(cluster.Members[0], node => node.DrainNodeAsync("n3", true)), Is.Null);
        cluster.Await(
            () =>
            {
                fewest = Math.Min(fewest, cluster.Groups().Min(group => group.InSync.Count));
                return cluster.CopiesOn(gone) == 0 && cluster.IsSettled(3);
            },
            "nothing is left on the node");
        Assert.That(fewest, Is.EqualTo(3), "copies of the group that had fewest meanwhile");
        Assert.That(cluster.Read(cluster.Members[1], expected.Length).AsSpan().SequenceEqual(expected));

        var told = 0;
        gone.Node!.Changed += change => told += change.Kind == NodeEventKind.SelfRemoved ? 1 : 0;

        // Asked of another node than the first time.
        Assert.That(cluster.Run(cluster.Members[3], node => node.RemoveNodeAsync("n3")), Is.Null);
        cluster.Await(() => cluster.Members[0].Node!.Peers!.Find("n3") is null, "the others hear of it");
        cluster.Await(() => told == 1, "the node itself hears of it");
        Assert.That(cluster.Members[0].Node!.Topology.Disks, Has.Count.EqualTo(3));
        cluster.Write(cluster.Members[0], 0, expected);
        Assert.That(cluster.Read(cluster.Members[3], expected.Length).AsSpan().SequenceEqual(expected));
    }

    [Test]
    public void What_a_watch_tells_is_looked_up_until_the_store_answers()
    {
        using var cluster = new TopologyFixture(4);
        cluster.CreateVolume(copies: 3);
        var deaf = cluster.Members[2];
        deaf.Coordination.IsMute = true;
        var pool = new PoolSpecification { Name = "second", Copies = 1 };
        Assert.That(cluster.Run(cluster.Members[0], node => node.CreatePoolAsync(pool)).Fault, Is.Null);
        cluster.World.RunFor(2_000_000_000);
        deaf.Coordination.IsMute = false;
        cluster.Await(() => deaf.Node!.Pools.Any(known => known.Record.Name == "second"), "the node hears of the pool");

        Assert.That(cluster.Run(cluster.Members[0], node => node.DrainNodeAsync("n3", true)), Is.Null);
        cluster.Await(() => cluster.CopiesOn(deaf) == 0, "nothing is left on the node");
        deaf.Coordination.IsMute = true;
        cluster.Await(() => cluster.Run(cluster.Members[3], node => node.RemoveNodeAsync("n3")) is null, "it is removed");
        cluster.World.RunFor(2_000_000_000);
        Assert.That(deaf.Node!.IsRemoved, Is.False);
        deaf.Coordination.IsMute = false;
        cluster.Await(() => deaf.Node!.IsRemoved, "the node itself hears of it");
        cluster.Await(() => deaf.Node!.Disks.Count == 0, "and lets go of its disks");
    }

    [Test]
    public void A_drain_can_be_ended_and_the_node_gets_its_share_again()
    {
        using var cluster = new TopologyFixture(4);
        var expected = cluster.CreateVolume(copies: 2);
        Assert.That(cluster.Run(cluster.Members[0], node => node.DrainNodeAsync("n2", true)), Is.Null);
        cluster.World.RunFor(20_000_000);
        Assert.That(cluster.Run(cluster.Members[3], node => node.DrainNodeAsync("n2", false)), Is.Null);
        cluster.Await(() => cluster.IsSettled(2) && cluster.CopiesOn(cluster.Members[1]) == 8, "it has its quarter of 16 groups");
        Assert.That(cluster.Read(cluster.Members[1], expected.Length).AsSpan().SequenceEqual(expected));
    }

    [Test]
    public void What_moved_is_purged_though_the_groups_change_their_primaries_too()
    {
        using var cluster = new TopologyFixture(4);
        var blocks = cluster.CreateVolume(copies: 3).Length / StoreUnits.BlockBytes;
        foreach (var isDraining in (bool[])[true, false])
        {
            Assert.That(cluster.Run(cluster.Members[0], node => node.DrainNodeAsync("n2", isDraining)), Is.Null);
            cluster.Await(() => cluster.CopiesOn(cluster.Members[1]) == (isDraining ? 0 : 12) && cluster.IsSettled(3), "what moves has moved");

            // Long before anybody looks for what was left behind.
            cluster.Await(() => cluster.Members.Sum(member => member.Disks.Sum(disk => disk.PresentBlocks)) == 3 * blocks, "nothing is left");
        }
    }

    [Test]
    public void What_has_copies_is_not_removed()
    {
        using var cluster = new TopologyFixture(3);
        cluster.CreateVolume(copies: 3);
        var disk = cluster.Members[1].Disks[0].Id;
        Assert.That(cluster.Run(cluster.Members[0], node => node.RemoveDiskAsync(disk))?.Code, Is.EqualTo("copies-in-use"));
        Assert.That(cluster.Run(cluster.Members[0], node => node.RemoveNodeAsync("n2"))?.Code, Is.EqualTo("copies-in-use"));

        // There is nowhere to go to: the copies stay, and so do the records.
        Assert.That(cluster.Run(cluster.Members[0], node => node.DrainNodeAsync("n2", true)), Is.Null);
        cluster.World.RunFor(5_000_000_000);
        Assert.That(cluster.Groups().Min(group => group.InSync.Count), Is.EqualTo(3));
        Assert.That(cluster.Run(cluster.Members[0], node => node.RemoveNodeAsync("n2"))?.Code, Is.EqualTo("copies-in-use"));

        // Nor is a dead one, whose copies are nowhere else.
        cluster.Kill(cluster.Members[1]);
        cluster.World.RunFor(5_000_000_000);
        Assert.That(cluster.Run(cluster.Members[0], node => node.RemoveNodeAsync("n2"))?.Code, Is.EqualTo("copies-in-use"));
        Assert.That(cluster.Run(cluster.Members[0], node => node.RemoveNodeAsync("n9"))?.Code, Is.EqualTo("node-not-found"));
    }

    [Test]
    public void A_dead_node_is_drained_from_the_other_copies_and_removed()
    {
        using var cluster = new TopologyFixture(4);
        var expected = cluster.CreateVolume(copies: 3);
        cluster.Kill(cluster.Members[1]);
        cluster.World.RunFor(5_000_000_000);
        Assert.That(cluster.Groups().Min(group => group.InSync.Count), Is.EqualTo(2), "nothing moves because a node is away");
        Assert.That(cluster.Run(cluster.Members[0], node => node.DrainNodeAsync("n2", true)), Is.Null);
        cluster.Await(() => cluster.CopiesOn(cluster.Members[1]) == 0 && cluster.IsSettled(3), "the others have all copies");
        Assert.That(cluster.Run(cluster.Members[0], node => node.RemoveNodeAsync("n2")), Is.Null);
        cluster.Await(() => cluster.Groups().All(group => group.Departed.Count == 0), "no group remembers its disk");
        Assert.That(cluster.Read(cluster.Members[2], expected.Length).AsSpan().SequenceEqual(expected));
    }

    [Test]
    public void The_others_compute_the_maps_when_the_node_that_was_asked_dies()
    {
        using var cluster = new TopologyFixture(4);
        cluster.CreateVolume(copies: 2);
        var version = cluster.Members[0].Node!.Pools.First().Map.Version;

        // Its settings get through, and nothing after that.
        cluster.World.Start(cluster.Members[3].Reactor, () => cluster.Members[3].Node!.DrainNodeAsync("n2", true));
        cluster.Await(() => cluster.Members[0].Node!.SettingsOf("n2").IsDraining, "the others hear of it");
        Assert.That(cluster.Members[0].Node!.Pools.First().Map.Version, Is.EqualTo(version), "too late to plant the crash");
        cluster.Kill(cluster.Members[3]);
        var drained = cluster.Members[1].Disks[0].Id;
        cluster.Await(
            () => !cluster.Members[0].Node!.Pools.First().Map.Rows.Any(row => row.Contains(drained)), "no map wants the node any more");
    }

    [Test]
    public void Maintenance_hands_primaries_over_moves_nothing_and_outlasts_a_restart()
    {
        using var cluster = new TopologyFixture(3);
        cluster.CreateVolume(copies: 3);
        var member = cluster.Members[1];
        cluster.Await(() => cluster.IsSettled(3), "preferred primaries lead");
        Assert.That(cluster.Groups().Count(group => member.Owns(group.Primary)), Is.GreaterThan(0));
        Assert.That(cluster.Run(cluster.Members[0], node => node.SetMaintenanceAsync("n2", true)), Is.Null);
        cluster.Await(() => !cluster.Groups().Any(group => member.Owns(group.Primary)), "others lead");
        Assert.That(cluster.Groups().Min(group => group.InSync.Count), Is.EqualTo(3));
        cluster.Kill(member);
        cluster.World.RunFor(3_000_000_000);
        cluster.Start(member);
        cluster.Await(() => cluster.Members.TrueForAll(cluster.IsConnected) && cluster.IsSettled(3), "it is back");
        Assert.That(cluster.Groups().Count(group => member.Owns(group.Primary)), Is.Zero, "still in maintenance");
        Assert.That(member.Node!.SettingsOf("n2").IsInMaintenance);
        Assert.That(cluster.Run(member, node => node.SetMaintenanceAsync("n2", false)), Is.Null);
        cluster.Await(() => cluster.IsSettled(3) && cluster.Groups().Any(group => member.Owns(group.Primary)), "it leads again");
    }

    [Test]
    public void A_disk_takes_the_place_of_another_one_and_keeps_its_settings_over_a_restart()
    {
        using var cluster = new TopologyFixture(3);
        var expected = cluster.CreateVolume(copies: 3);
        var member = cluster.Members[2];
        var (old, added) = (member.Disks[0], cluster.NewDisk());
        member.Disks.Add(added);
        var made = cluster.Run(member, node => node.AddDiskAsync(member.Source(added), "ssd", old.Id));
        Assert.That(made.Fault, Is.Null);
        cluster.Await(
            () => cluster.IsSettled(3) && member.Node!.CopiesByDisk().GetValueOrDefault(old.Id) == 0, "everything is on the new disk");
        cluster.Kill(member);
        cluster.Start(member);
        cluster.Await(() => cluster.Members.TrueForAll(cluster.IsConnected) && cluster.IsSettled(3), "it is back");
        Assert.That((member.Node!.IsDraining(old.Id), member.Node.IsDraining(added.Id)), Is.EqualTo((true, false)));
        Assert.That(member.Node.ClassOf(added.Id), Is.EqualTo("ssd"));
        Assert.That(cluster.Run(cluster.Members[0], node => node.RemoveDiskAsync(old.Id)), Is.Null);
        cluster.Await(() => member.Node!.Disks.Count == 1, "its node lets go of it");
        Assert.That(cluster.Read(member, expected.Length).AsSpan().SequenceEqual(expected));
    }

    [Test]
    public void A_disk_that_was_moved_to_another_node_is_taken_over_unless_the_former_one_still_has_it()
    {
        using var cluster = new TopologyFixture(3);
        var expected = cluster.CreateVolume(copies: 2);
        var (from, to) = (cluster.Members[1], cluster.Members[2]);
        var disk = from.Disks[0];
        var refused = cluster.Run(to, node => node.AddDiskAsync(to.Source(disk)));
        Assert.That(refused.Fault?.Code, Is.EqualTo("disk-elsewhere"));
        cluster.Kill(from);
        cluster.Kill(to);
        from.Disks.Clear();
        from.Disks.Add(cluster.NewDisk());
        to.Disks.Add(disk);
        cluster.Start(to);
        cluster.Start(from);
        cluster.Await(() => cluster.IsSettled(2) && cluster.Members.TrueForAll(cluster.IsConnected), "all copies are there");
        Assert.That(to.Node!.Disks.Select(known => known.Id), Does.Contain(disk.Id));
        Assert.That(cluster.Members[0].Node!.Topology.Find(disk.Id)!.Node, Is.EqualTo("n3"));
        Assert.That(cluster.Read(cluster.Members[0], expected.Length).AsSpan().SequenceEqual(expected));
    }

    [Test]
    public void A_node_without_a_copy_can_recover_a_group_whose_primary_is_there_and_waits()
    {
        using var cluster = new TopologyFixture(4);
        var expected = cluster.CreateVolume(copies: 3);
        var (lost, left) = (cluster.Members.Take(2).ToList(), cluster.Members.Skip(2).ToList());
        lost.ForEach(cluster.Kill);
        cluster.World.RunFor(6_000_000_000);
        var others = 0;
        foreach (var (id, record) in cluster.AllGroups().Select(group => (group.Id, group.Record!)).ToList())
        {
            if (record.InSync.Count(disk => left.Exists(member => member.Owns(disk))) != 1)
                continue;
            var source = record.InSync.Single(disk => left.Exists(member => member.Owns(disk)));
            var asked = left.Single(member => !member.Owns(source));
            others += record.Primary == source ? 1 : 0;
            var plan = cluster.Run(asked, node => node.PlanRecoveryAsync(id, source));
            Assert.That((plan.Fault?.Code, plan.Value?.IsComplete), Is.EqualTo(((string?)null, true)), $"{id}");
            Assert.That(cluster.Run(asked, node => node.RecoverAsync(plan.Value!)), Is.Null);
        }

        Assert.That(others, Is.GreaterThan(0), "groups whose primary is still there");
        cluster.World.RunFor(3_000_000_000);
        Assert.That(cluster.Read(left[0], expected.Length).AsSpan().SequenceEqual(expected));
    }

    // Every moment of the removal, which takes its time with each request.
    [Test]
    public void A_pool_that_is_made_during_a_removal_does_not_use_what_is_removed([Values] bool isNode)
    {
        var (removed, kept) = (0, 0);
        for (var step = 0; step < 24; step++)
        {
            using var cluster = new TopologyFixture(3, groups: 4);
            var (remover, maker) = (cluster.Members[0], cluster.Members[1]);
            var disk = cluster.Members[2].Disks[0].Id;
            remover.Coordination.MaximumDelayNs = 4_000_000;
            var removal = "none";
            cluster.World.Start(remover.Reactor, async () =>
            {
                var fault = isNode ? await remover.Node!.RemoveNodeAsync("n3") : await remover.Node!.RemoveDiskAsync(disk);
                removal = fault?.Code ?? "done";
                return true;
            });
            cluster.World.RunFor(step * 2_000_000);
            var made = cluster.Run(maker, node => node.CreatePoolAsync(new PoolSpecification { Name = "p", Copies = 2 }));
            Assert.That(made.Fault, Is.Null);
            var isUsed = made.Value!.Map.Rows.Any(row => row.Contains(disk));
            cluster.Await(() => removal != "none", "the removal ends");
            Assert.That(removal, Is.EqualTo(isUsed ? "copies-in-use" : "done"), $"step {step}");
            kept += isUsed ? 1 : 0;
            removed += isUsed ? 0 : 1;
        }

        Assert.That((removed > 0, kept > 0), Is.EqualTo((true, true)), "each was faster once");
    }

    [Test]
    public void A_node_that_was_removed_does_not_come_back_by_a_start_nor_with_a_new_disk()
    {
        using var cluster = new TopologyFixture(4);
        cluster.CreateVolume(copies: 3);
        var gone = cluster.Members[3];
        Assert.That(cluster.Run(cluster.Members[0], node => node.DrainNodeAsync("n4", true)), Is.Null);
        cluster.Await(() => cluster.CopiesOn(gone) == 0 && cluster.IsSettled(3), "nothing is left on the node");
        cluster.Kill(gone);
        cluster.World.RunFor(3_000_000_000);
        Assert.That(cluster.Run(cluster.Members[0], node => node.RemoveNodeAsync("n4")), Is.Null);
        gone.Disks.Add(cluster.NewDisk());
        cluster.Start(gone);
        cluster.Await(() => gone.StartFault is not null, "its start ends");
        Assert.That(gone.StartFault!.Code, Is.EqualTo("node-removed"));
        cluster.World.RunFor(1_000_000_000);
        Assert.That(cluster.Members[0].Node!.Topology.Disks, Has.Count.EqualTo(3));
        Assert.That(cluster.Members[0].Node!.Peers!.Find("n4"), Is.Null);
    }
}
