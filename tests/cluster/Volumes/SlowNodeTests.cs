using Uss.Store;

namespace Uss.Volumes.Tests;

/// <summary>Nodes that are neither dead nor able to serve, and groups that are left with too few copies.</summary>
[TestFixture]
public sealed class SlowNodeTests
{
    private const long SecondNs = 1_000_000_000;
    private const int Bytes = 16 << 10;

    [Test]
    public void What_a_node_with_a_slow_link_was_primary_of_is_served_by_others()
    {
        using var cluster = Start();
        Assert.That(Led(cluster, 1), Is.Positive);
        SetRate(cluster, 1, 5_000);
        Assert.That(WritesServedFor(cluster, 40 * SecondNs), Is.GreaterThan(400));
        Assert.That(Led(cluster, 1), Is.Zero);
        SetRate(cluster, 1, 0);
        cluster.AwaitHealth();
        Assert.That(cluster.World.RunUntil(() => Led(cluster, 1) > 0, 120 * SecondNs), "it is trusted again after a while");
    }

    [Test]
    public void A_group_of_which_one_copy_is_left_makes_another_one_and_serves()
    {
        using var cluster = Start();
        cluster.Kill(2);
        WriteAll(cluster, 1);
        cluster.Kill(1);
        cluster.World.RunFor(5 * SecondNs);
        cluster.Restart(2);
        Assert.That(cluster.World.RunUntil(() => cluster.Nodes[2] is not null, 60 * SecondNs));
        cluster.World.RunFor(5 * SecondNs);
        WriteAll(cluster, 2);
        cluster.Restart(1);
        Assert.That(cluster.World.RunUntil(() => cluster.Nodes[1] is not null, 60 * SecondNs));
        cluster.AwaitHealth();
    }

    private static ClusterFixture Start()
    {
        var cluster = new ClusterFixture(nodes: 3);
        cluster.CreateVolume("v", 64 << 20, copies: 3);
        cluster.AwaitHealth();

        // Until every node has heard the clock of the others, they refuse its changes.
        cluster.World.RunFor(2 * SecondNs);
        WriteAll(cluster, 0);
        return cluster;
    }

    private static void SetRate(ClusterFixture cluster, int node, long bytesPerSecond)
    {
        for (var other = 0; other < cluster.Reactors.Count; other++)
            cluster.World.Network.Link(cluster.Reactors[node].Host, cluster.Reactors[other].Host).BytesPerSecond = bytesPerSecond;
    }

    // To every group: a volume's objects are spread over them.
    private static void WriteAll(ClusterFixture cluster, byte fill)
    {
        for (var place = 0L; place < 64 << 20; place += 4 << 20)
            Assert.That(cluster.Write(0, "v", place, Bytes, fill).IsOk, $"at {place}");
    }

    private static int WritesServedFor(ClusterFixture cluster, long limitNs)
    {
        var random = cluster.World.Stream("places");
        var served = 0;
        var clock = cluster.Reactors[0];
        for (var untilNs = clock.MonotonicNs + limitNs; clock.MonotonicNs < untilNs;)
        {
            if (cluster.Write(0, "v", random.Next(64 << 8) * (long)StoreUnits.BlockBytes, StoreUnits.BlockBytes, 7).IsOk)
                served++;
        }

        return served;
    }

    private static int Led(ClusterFixture cluster, int node) => cluster.Nodes[0]!.Pools.SelectMany(pool => pool.Groups)
        .Count(group => cluster.Nodes[node]!.Disks.Any(disk => disk.Id == group.Record!.Primary));
}
