using Uss.Replication;

namespace Uss.Volumes.Tests;

/// <summary>Pools whose numbers of copies change under data, and pools that are removed.</summary>
[TestFixture]
public sealed class PoolChangeTests
{
    [Test]
    public void A_pool_gets_more_copies_and_fewer_and_no_group_has_too_few_meanwhile()
    {
        using var cluster = new TopologyFixture(4);
        Create(cluster, copies: 2);
        var expected = cluster.CreateVolume(copies: 2, pool: "p");
        Assert.That(Change(cluster, 3, copies: 3), Is.Null);
        var fewest = int.MaxValue;
        cluster.Await(() => Watch(cluster, ref fewest) && cluster.IsSettled(3), "three copies");
        Assert.That(fewest, Is.EqualTo(2));
        foreach (var member in cluster.Members)
            Assert.That(RecordOf(member) is { Copies: 3, MinCopies: 2 }, member.Name);
        cluster.Await(() => cluster.Members.TrueForAll(member => member.Node!.Status.DegradedGroups == 0), "all know of all copies");
        Assert.That(Change(cluster, 0, copies: 2), Is.Null);
        cluster.Await(() => cluster.IsSettled(2), "two copies");
        cluster.Await(() => cluster.Members.Sum(cluster.CopiesOn) == 32, "nothing more is held");
        Assert.That(cluster.Read(cluster.Members[2], expected.Length).AsSpan().SequenceEqual(expected));

        // A node that hears of it at its start only.
        cluster.Kill(cluster.Members[3]);
        Assert.That(Change(cluster, 0, copies: 3), Is.Null);
        cluster.Start(cluster.Members[3]);
        cluster.Await(() => cluster.Members.TrueForAll(cluster.IsConnected) && cluster.IsSettled(3), "it is back");
        Assert.That(RecordOf(cluster.Members[3])!.Copies, Is.EqualTo(3));
        Assert.That(cluster.Read(cluster.Members[3], expected.Length).AsSpan().SequenceEqual(expected));
    }

    [Test]
    public void A_lower_minimum_lets_a_group_go_on_with_one_copy_and_a_higher_one_holds_writes()
    {
        using var cluster = new TopologyFixture(3);
        Create(cluster, copies: 3);
        var expected = cluster.CreateVolume(copies: 3, pool: "p");
        cluster.Kill(cluster.Members[1]);
        cluster.Kill(cluster.Members[2]);
        cluster.World.RunFor(5_000_000_000);
        Assert.That(cluster.Members[0].Node!.Status.UnavailableGroups, Is.EqualTo(16), "two copies are needed");
        Assert.That(Change(cluster, 0, minimum: 1), Is.Null);
        cluster.Await(() => cluster.Members[0].Node!.Status.UnavailableGroups == 0, "one is enough now");
        cluster.Write(cluster.Members[0], 0, expected);

        // What a group does not have it need not have at once: it serves on, and from then on holds what it got.
        Assert.That(Change(cluster, 0, minimum: 3), Is.Null);
        cluster.Write(cluster.Members[0], 0, expected);
        cluster.Start(cluster.Members[1]);
        cluster.Start(cluster.Members[2]);
        cluster.Await(() => cluster.Members.TrueForAll(cluster.IsConnected) && cluster.IsSettled(3), "they are back");
        cluster.Kill(cluster.Members[1]);
        cluster.World.RunFor(5_000_000_000);
        foreach (var member in cluster.Members.Where(member => member.Node is not null))
            Assert.That(member.Node!.Pools.Single().Groups.Any(group => group.State == GroupState.Active), Is.False, "all three are needed");
        cluster.Start(cluster.Members[1]);
        cluster.Await(() => cluster.Members.TrueForAll(cluster.IsConnected) && cluster.IsSettled(3), "it is back");
        Assert.That(cluster.Read(cluster.Members[1], expected.Length).AsSpan().SequenceEqual(expected));
    }

    [TestCase(4, null, "too-few-domains")]
    [TestCase(5, null, "bad-copies")]
    [TestCase(0, null, "bad-copies")]
    [TestCase(null, 4, "bad-policy")]
    [TestCase(null, -1, "bad-policy")]
    public void Numbers_that_cannot_be_change_nothing(int? copies, int? minimum, string code)
    {
        using var cluster = new TopologyFixture(3);
        Create(cluster, copies: 3);
        Assert.That(Change(cluster, 0, copies, minimum)?.Code, Is.EqualTo(code));
        Assert.That(RecordOf(cluster.Members[0]) is { Copies: 3, MinCopies: 2 });
        var none = cluster.Run(cluster.Members[0], node => node.ChangePoolAsync("q", 2, null)).Fault;
        Assert.That(none?.Code, Is.EqualTo("pool-not-found"));
    }

    [Test]
    public void A_pool_goes_when_its_last_volume_has_gone_and_its_number_stays_unused()
    {
        using var cluster = new TopologyFixture(3);
        Create(cluster, copies: 3);
        cluster.CreateVolume(copies: 3, pool: "p");
        var refused = cluster.Run(cluster.Members[1], node => node.RemovePoolAsync("p"));
        Assert.That((refused?.Code, refused?.Message), Is.EqualTo(("pool-in-use", "Pool 'p' holds volume 'v'.")));
        Assert.That(cluster.Run(cluster.Members[0], node => node.Volumes.RemoveAsync("v")), Is.Null);
        Assert.That(cluster.Run(cluster.Members[1], node => node.RemovePoolAsync("p")), Is.Null);
        Assert.That(cluster.Run(cluster.Members[1], node => node.RemovePoolAsync("p"))?.Code, Is.EqualTo("pool-not-found"));
        cluster.Await(() => cluster.Members.TrueForAll(member => member.Node!.Pools.Count == 0), "all hear of it");
        var made = cluster.Run(cluster.Members[2], node => node.Volumes.CreateAsync(
            new VolumeSpecification { Name = "v", SizeBytes = 1 << 20, Pool = "p" }));
        Assert.That(made.Fault?.Code, Is.EqualTo("pool-not-found"));

        // Its disks are free of it: one may be removed, and a pool of the same name is another one.
        cluster.World.RunFor(1_000_000_000);
        Assert.That(cluster.Run(cluster.Members[0], node => node.RemoveDiskAsync(cluster.Members[2].Disks[0].Id)), Is.Null);
        cluster.Kill(cluster.Members[1]);
        cluster.Start(cluster.Members[1]);
        cluster.Await(() => cluster.Members[1].Node is not null, "it starts without the pool");
        Assert.That(cluster.Members[1].Node!.Pools, Is.Empty);
        cluster.World.RunFor(5_000_000_000);
        Create(cluster, copies: 2);
        Assert.That(RecordOf(cluster.Members[0])!.Id, Is.EqualTo(2));
    }

    [Test]
    public void On_one_machine_a_pool_changes_and_goes_too()
    {
        using var fixture = new VolumeFixture(disks: 3);
        fixture.Start();
        Assert.That(fixture.Run(() => fixture.Node.CreatePoolAsync(new PoolSpecification { Name = "p", Copies = 1 })).Fault, Is.Null);
        fixture.Run(() => fixture.Node.Volumes.CreateAsync(new VolumeSpecification { Name = "v", SizeBytes = 1 << 20, Pool = "p" }));
        Assert.That(fixture.Run(() => fixture.Node.ChangePoolAsync("p", 3, 2)).Fault, Is.Null);
        fixture.Settle();
        Assert.That(fixture.Node.Pools.Single().Groups.All(group => group.InSync.Count() == 3));
        fixture.CreateVolume("w", copies: 2);
        Assert.That(fixture.Run(() => fixture.Node.ChangePoolAsync("copies-2", 3, null)).Fault?.Code, Is.EqualTo("bad-copies"));
        Assert.That(fixture.Run(() => fixture.Node.ChangePoolAsync("copies-2", null, 2)).Fault, Is.Null);
        Assert.That(fixture.Run(() => fixture.Node.RemovePoolAsync("p"))?.Code, Is.EqualTo("pool-in-use"));
        fixture.Run(() => fixture.Node.Volumes.RemoveAsync("v"));
        Assert.That(fixture.Run(() => fixture.Node.RemovePoolAsync("p")), Is.Null);
        fixture.StopAndStart();
        Assert.That(fixture.Node.Pools.Select(pool => (pool.Record.Name, pool.Record.MinCopies)), Is.EqualTo([("copies-2", 2)]));
    }

    private static bool Watch(TopologyFixture cluster, ref int fewest)
    {
        fewest = Math.Min(fewest, cluster.Groups().Min(group => group.InSync.Count));
        return true;
    }

    private static PoolRecord? RecordOf(TopologyFixture.Member member) => member.Node!.Pools.Single().Record;

    private static void Create(TopologyFixture cluster, int copies) => Assert.That(
        cluster.Run(cluster.Members[0], node => node.CreatePoolAsync(
            new PoolSpecification { Name = "p", Copies = copies, MinimumCopies = copies == 2 ? 2 : null })).Fault,
        Is.Null);

    private static Runtime.Fault? Change(TopologyFixture cluster, int at, int? copies = null, int? minimum = null) =>
        cluster.Run(cluster.Members[at], node => node.ChangePoolAsync("p", copies, minimum)).Fault;
}
