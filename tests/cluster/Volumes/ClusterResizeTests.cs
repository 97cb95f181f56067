using Uss.Store;

namespace Uss.Volumes.Tests;

/// <summary>Volumes of a cluster are shrunk and grown by different nodes, one of which dies or stands still meanwhile.</summary>
public sealed class ClusterResizeTests
{
    private const long Large = 96 * (long)StoreUnits.ObjectBytes;
    private const long Small = StoreUnits.ObjectBytes;
    private const long LongNs = 30_000_000_000;

    // The piece of the volume that is looked at: in the last object.
    private const long Last = Large - StoreUnits.ObjectBytes;

    [Test]
    public void What_a_dead_node_left_untrimmed_is_discarded_before_another_one_grows_the_volume([Values(0, 6)] int afterMs)
    {
        using var cluster = Start();
        Shrink(cluster, afterMs);
        cluster.Kill(0);
        Grow(cluster);
        Assert.That(Read(cluster, 1), Is.Zero, "what was destroyed came back");
    }

    [Test]
    public void A_discard_of_a_node_that_stood_still_does_not_hit_a_volume_that_was_grown([Values(1, 3, 5)] int afterMs)
    {
        using var cluster = Start();
        Shrink(cluster, afterMs);
        cluster.World.Freeze(cluster.Reactors[0]);
        Grow(cluster);
        Expect(cluster.Write(1, "v", Last, StoreUnits.BlockBytes, 2));
        cluster.World.Thaw(cluster.Reactors[0]);
        cluster.World.RunFor(LongNs);
        Assert.That(Read(cluster, 1), Is.EqualTo(2), "an acknowledged write is lost");
    }

    private static ClusterFixture Start()
    {
        var cluster = new ClusterFixture(nodes: 3);
        cluster.CreateVolume("v", Large, copies: 3);
        cluster.AwaitHealth();

        // Until every node has heard the clock of the others, they refuse its changes.
        cluster.World.RunFor(2_000_000_000);
        Expect(cluster.Write(0, "v", Last, StoreUnits.BlockBytes, 1));
        return cluster;
    }

    private static void Shrink(ClusterFixture cluster, int runMs)
    {
        cluster.World.Start(cluster.Reactors[0], () => cluster.Nodes[0]!.Volumes.ResizeAsync("v", Small, force: true));
        cluster.World.RunUntil(() => cluster.Nodes[1]!.Volumes.Find("v")!.SizeBytes == Small, LongNs);
        cluster.World.RunFor(runMs * 1_000_000L);
    }

    private static void Grow(ClusterFixture cluster)
    {
        for (var attempt = 0; attempt < 10; attempt++)
        {
            if (cluster.Run(1, () => cluster.Nodes[1]!.Volumes.ResizeAsync("v", Large)).Fault is null)
                return;
            cluster.World.RunFor(1_000_000_000);
        }

        Assert.Fail("the volume cannot be grown");
    }

    private static int Read(ClusterFixture cluster, int node) => cluster.Run(node, async () =>
    {
        var buffer = cluster.Reactors[node].Buffers.Rent(StoreUnits.BlockBytes);
        var slice = buffer.Slice(0, StoreUnits.BlockBytes);
        Expect(await cluster.Nodes[node]!.Volumes.Find("v")!.ReadAsync(Last, slice));
        var fill = slice.Span[0];
        buffer.Release();
        return (int)fill;
    });

    private static void Expect(VolumeResult result) => Assert.That(result.IsOk, result.ToString());
}
