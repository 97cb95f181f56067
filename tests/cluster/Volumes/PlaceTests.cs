using Uss.Placement;

namespace Uss.Volumes.Tests;

/// <summary>Pools that ask for a class of disks or for racks, and nodes and disks whose class or place changes under data.</summary>
[TestFixture]
public sealed class PlaceTests
{
    [Test]
    public void A_pool_takes_disks_of_its_class_only_and_copies_follow_when_classes_change()
    {
        using var cluster = new TopologyFixture(4);
        var ids = cluster.Members.ConvertAll(member => member.Disks[0].Id);
        for (var index = 0; index < 2; index++)
            Assert.That(cluster.Run(cluster.Members[0], node => node.SetDiskClassAsync(ids[index], "ssd")), Is.Null);
        var specification = new PoolSpecification { Name = "fast", Copies = 3, DiskClass = "ssd" };
        var refused = cluster.Run(cluster.Members[3], node => node.CreatePoolAsync(specification)).Fault;
        Assert.That(refused?.Message, Is.EqualTo(
            "pool 'fast' asks for 3 copies on different nodes with disks of class ssd; there are 2: n1, n2."));
        Assert.That(refused!.Remedy, Does.Contain("of class ssd"));

        // Asked of another node than the one that makes the pool: it hears of the class.
        Assert.That(cluster.Run(cluster.Members[1], node => node.SetDiskClassAsync(ids[2], "ssd")), Is.Null);
        cluster.Await(() => cluster.Members[3].Node!.ClassOf(ids[2]) == "ssd", "n4 hears of it");
        Assert.That(cluster.Run(cluster.Members[3], node => node.CreatePoolAsync(specification)).Fault, Is.Null);
        cluster.Await(() => cluster.Members[0].Node!.Pools.Count == 1, "n1 hears of the pool");
        var expected = cluster.CreateVolume(copies: 3, pool: "fast");
        Assert.That(cluster.AllGroups().All(group => group.Row.Order().SequenceEqual(ids.Take(3).Order())));

        // The last three: nothing else can take the copies, so the class stays.
        var stays = cluster.Run(cluster.Members[0], node => node.SetDiskClassAsync(ids[0], "hdd"));
        Assert.That(stays, Is.Null, "stuck copies lose nothing");
        cluster.World.RunFor(5_000_000_000);
        Assert.That(cluster.Groups().Min(group => group.InSync.Count), Is.EqualTo(3));

        // The fourth gets the class, and everything moves there from the first.
        var fewest = 3;
        Assert.That(cluster.Run(cluster.Members[2], node => node.SetDiskClassAsync(ids[3], "ssd")), Is.Null);
        cluster.Await(
            () =>
            {
                fewest = Math.Min(fewest, cluster.Groups().Min(group => group.InSync.Count));
                return cluster.CopiesOn(cluster.Members[0]) == 0 && cluster.IsSettled(3);
            },
            "nothing is left on the disk of another class");
        Assert.That(fewest, Is.EqualTo(3), "copies of the group that had fewest meanwhile");
        Assert.That(cluster.Read(cluster.Members[0], expected.Length).AsSpan().SequenceEqual(expected));
    }

    [Test]
    public void A_pool_over_racks_keeps_copies_in_different_ones_when_a_node_moves()
    {
        using var cluster = new TopologyFixture(4, 16, "r1", "r1", "r2", "r3");
        var specification = new PoolSpecification { Name = "far", Copies = 3, FailureDomain = FailureDomain.Rack };
        Assert.That(cluster.Run(cluster.Members[0], node => node.CreatePoolAsync(specification)).Fault, Is.Null);
        var expected = cluster.CreateVolume(copies: 3, pool: "far");
        Assert.That(AreApart(cluster));
        Assert.That(cluster.CopiesOn(cluster.Members[2]), Is.EqualTo(16), "alone in its rack it has a copy of each group");

        var refused = cluster.Run(cluster.Members[1], node => node.SetPlaceAsync("n4", "r2", null));
        Assert.That((refused?.Code, refused?.Message), Is.EqualTo((
            "too-few-domains", "pool 'far' asks for 3 copies on different racks; there are 2: r1, r2.")));
        Assert.That(cluster.Run(cluster.Members[1], node => node.SetPlaceAsync("n9", "r2", null))?.Code, Is.EqualTo("node-not-found"));
        Assert.That(cluster.Run(cluster.Members[1], node => node.SetPlaceAsync("n4", "r/2", null))?.Code, Is.EqualTo("bad-rack"));

        // n2 moves to a rack of its own and from now on takes part of what n3 and n4 have.
        var fewest = 3;
        Assert.That(cluster.Run(cluster.Members[3], node => node.SetPlaceAsync("n2", "r4", null)), Is.Null);
        cluster.Await(
            () =>
            {
                fewest = Math.Min(fewest, cluster.Groups().Min(group => group.InSync.Count));
                return cluster.CopiesOn(cluster.Members[1]) == 12 && cluster.IsSettled(3);
            },
            "each has its share");
        Assert.That(fewest, Is.EqualTo(3), "copies of the group that had fewest meanwhile");
        Assert.That(AreApart(cluster));
        Assert.That(cluster.Read(cluster.Members[0], expected.Length).AsSpan().SequenceEqual(expected));

        // What was set outlasts the start with what the node was once set up with.
        cluster.Kill(cluster.Members[1]);
        cluster.Start(cluster.Members[1]);
        cluster.Await(() => cluster.Members.TrueForAll(cluster.IsConnected) && cluster.IsSettled(3), "it is back");
        foreach (var member in cluster.Members)
            Assert.That(member.Node!.Nodes.Select(node => node.Rack), Is.EqualTo(["r1", "r4", "r2", "r3"]), member.Name);
    }

    [Test]
    public void A_node_that_joins_takes_its_place_before_its_disks_get_anything()
    {
        using var cluster = new TopologyFixture(3, 16, "r1", "r2", "r3", "r3");
        var specification = new PoolSpecification { Name = "far", Copies = 3, FailureDomain = FailureDomain.Rack };
        Assert.That(cluster.Run(cluster.Members[0], node => node.CreatePoolAsync(specification)).Fault, Is.Null);
        cluster.CreateVolume(copies: 3, pool: "far");
        cluster.Start(cluster.AddNode());
        var wrong = 0;
        cluster.Await(
            () =>
            {
                // In a rack of nobody's it would get part of what the first two have.
                wrong += cluster.AllGroups().Count(group => group.Row.Any(cluster.Members[3].Owns) && group.Row.Any(cluster.Members[2].Owns));
                return cluster.IsSettled(3) && cluster.CopiesOn(cluster.Members[3]) == 8;
            },
            "it shares its rack's copies");
        Assert.That(wrong, Is.Zero);
    }

    private static bool AreApart(TopologyFixture cluster)
    {
        var topology = cluster.Members[0].Node!.Topology;
        return cluster.Groups().All(group =>
            group.InSync.Select(disk => topology.Find(disk)!.DomainName(FailureDomain.Rack)).Distinct().Count() == group.InSync.Count);
    }
}
