using Uss.Coordination;
using Uss.Replication;
using Uss.Store;

namespace Uss.Volumes.Tests;

/// <summary>
/// Records that shut clients out: a change is in force when nothing that it forbids can reach a disk any more, whatever front-end it
/// comes through.
/// </summary>
public sealed class FenceTests
{
    private const long LongNs = 30_000_000_000;
    private const long MsNs = 1_000_000;
    private const int Size = 24 * StoreUnits.ObjectBytes;

    [Test]
    public void It_is_in_force_at_once_where_all_front_ends_follow()
    {
        using var cluster = Start();
        var number = Change(cluster);
        for (var node = 0; node < 3; node++)
            Raise(cluster, node, number);
        var startNs = cluster.World.NowNs;
        Assert.That(Settle(cluster, number));
        Assert.That(cluster.World.NowNs - startNs, Is.LessThan(100 * MsNs));
        for (var node = 0; node < 3; node++)
            Assert.That(Write(cluster, node).IsOk);
    }

    [Test]
    public void A_front_end_that_has_not_followed_gets_nothing_done_and_is_waited_for_until_it_is_no_primary()
    {
        using var cluster = Start();
        var number = Change(cluster);
        Raise(cluster, 0, number);
        Raise(cluster, 2, number);
        Assert.That(cluster.Run(0, () => cluster.Nodes[0]!.SettleFenceAsync(number, 1, 200 * MsNs)), Is.False, "it is primary of groups");
        Assert.That(Settle(cluster, number));
        Assert.That(Write(cluster, 1).IsOk, Is.False);
        Assert.That(Write(cluster, 0).IsOk && Write(cluster, 2).IsOk);
        Raise(cluster, 1, number);
        cluster.World.RunFor(100 * MsNs);
        Assert.That(Write(cluster, 1).IsOk);
    }

    [Test]
    public void A_dead_front_end_is_not_waited_for_and_one_that_starts_begins_with_the_newest()
    {
        using var cluster = Start();
        cluster.Kill(1);
        var number = Change(cluster);
        Raise(cluster, 0, number);
        Raise(cluster, 2, number);
        Assert.That(Settle(cluster, number));
        cluster.Restart(1);
        Assert.That(cluster.World.RunUntil(() => cluster.Nodes[1]?.Fence.Number == number, LongNs));
    }

    // Who changed the record did not wait for it, since it was primary of nothing.
    [Test]
    public void A_front_end_that_has_not_followed_serves_nobody_when_it_becomes_a_primary()
    {
        using var cluster = Start();
        Assert.That(cluster.Run(0, () => cluster.Nodes[0]!.SetMaintenanceAsync("n2", true)), Is.Null);
        Assert.That(cluster.World.RunUntil(() => Led(cluster, 1) == 0, LongNs), "others lead");
        var number = Change(cluster);
        Raise(cluster, 0, number);
        Raise(cluster, 2, number);
        Assert.That(Settle(cluster, number));
        StartWrites(cluster, 1);
        Assert.That(cluster.Run(0, () => cluster.Nodes[0]!.SetMaintenanceAsync("n2", false)), Is.Null);
        Assert.That(cluster.World.RunUntil(() => Led(cluster, 1) > 0, LongNs), "it leads again");
        cluster.World.RunFor(5_000 * MsNs);
        Raise(cluster, 1, number);
        cluster.World.RunFor(5_000 * MsNs);
        Assert.That(Fills(cluster), Is.All.EqualTo(1));
        Assert.That(Write(cluster, 1).IsOk);
    }

    // Every moment of a write's way: from the front-end to primaries on all three nodes, and from there to their members.
    [Test]
    public void What_a_front_end_that_stands_still_had_under_way_is_done_before_or_never()
    {
        var late = 0;
        for (var step = 0; step < 40; step++)
        {
            using var cluster = Start((ulong)step + 1);
            StartWrites(cluster, 1);
            cluster.World.RunFor(step * 25_000);
            cluster.World.Freeze(cluster.Reactors[1]);
            var number = Change(cluster);
            Raise(cluster, 0, number);
            Raise(cluster, 2, number);
            Assert.That(Settle(cluster, number));
            var before = Fills(cluster);
            late += before.Count(fill => fill == 2);
            cluster.World.Thaw(cluster.Reactors[1]);
            cluster.World.RunFor(LongNs);
            Assert.That(Fills(cluster), Is.EqualTo(before), $"step {step}");
            Raise(cluster, 1, number);
        }

        Assert.That(late, Is.GreaterThan(0), "some writes must get through before");
    }

    // A write that a primary has accepted from a front-end that is cut off goes on there without it.
    [Test]
    public void What_a_primary_has_let_in_before_is_done_before()
    {
        for (var step = 0; step < 40; step++)
        {
            using var cluster = Start((ulong)step + 1);
            StartWrites(cluster, 1);
            cluster.World.RunFor(step * 25_000);
            cluster.Kill(1);
            var number = Change(cluster);
            Raise(cluster, 0, number);
            Raise(cluster, 2, number);
            Assert.That(Settle(cluster, number));
            var before = Fills(cluster);
            cluster.World.RunFor(LongNs);
            Assert.That(Fills(cluster), Is.EqualTo(before), $"step {step}");
        }
    }

    // Groups whose primary is a node, by their records.
    private static int Led(ClusterFixture cluster, int node) => cluster.Nodes[0]!.Pools.SelectMany(pool => pool.Groups)
        .Count(group => cluster.Nodes[node]!.Disks.Any(disk => disk.Id == group.Record!.Primary));

    private static ClusterFixture Start(ulong seed = 1)
    {
        var cluster = new ClusterFixture(nodes: 3, seed);
        cluster.CreateVolume("v", Size, copies: 3);
        cluster.AwaitHealth();

        // Until every node has heard the clock of the others, they refuse its changes.
        cluster.World.RunFor(2_000 * MsNs);
        for (long offset = 0; offset < Size; offset += StoreUnits.ObjectBytes)
            Assert.That(cluster.Write(0, "v", offset, StoreUnits.BlockBytes, 1).IsOk);
        return cluster;
    }

    private static long Change(ClusterFixture cluster)
    {
        const long Number = 7;
        var change = new Change(FrontEndFence.HeadKey, FrontEndFence.Format(Number));
        var commit = cluster.Run(0, () => cluster.Coordination.CommitAsync([], [change]));
        Assert.That(commit.Status, Is.EqualTo(CommitStatus.Applied));
        return Number;
    }

    private static void Raise(ClusterFixture cluster, int node, long number)
    {
        Assert.That(cluster.Run(node, () => cluster.Nodes[node]!.RaiseFenceAsync(number)));
    }

    private static bool Settle(ClusterFixture cluster, long number) =>
        cluster.Run(0, () => cluster.Nodes[0]!.SettleFenceAsync(number, 1, LongNs));

    private static VolumeResult Write(ClusterFixture cluster, int node)
    {
        var result = VolumeResult.Ok;
        for (long offset = 0; offset < Size; offset += StoreUnits.ObjectBytes)
        {
            var written = cluster.Write(node, "v", offset, StoreUnits.BlockBytes, 3);
            result = written.IsOk ? result : written;
        }

        return result;
    }

    // One block of every object at once, without waiting.
    private static void StartWrites(ClusterFixture cluster, int node)
    {
        for (long offset = 0; offset < Size; offset += StoreUnits.ObjectBytes)
        {
            var at = offset;
            cluster.World.Start(cluster.Reactors[node], async () =>
            {
                var buffer = cluster.Reactors[node].Buffers.Rent(StoreUnits.BlockBytes);
                var slice = buffer.Slice(0, StoreUnits.BlockBytes);
                slice.Span.Fill(2);
                await cluster.Nodes[node]!.Volumes.Find("v")!.WriteAsync(at, slice);
                buffer.Release();
                return true;
            });
        }
    }

    private static List<int> Fills(ClusterFixture cluster)
    {
        var fills = new List<int>();
        for (long offset = 0; offset < Size; offset += StoreUnits.ObjectBytes)
        {
            var at = offset;
            fills.Add(cluster.Run(0, async () =>
            {
                var buffer = cluster.Reactors[0].Buffers.Rent(StoreUnits.BlockBytes);
                var slice = buffer.Slice(0, StoreUnits.BlockBytes);
                var result = await cluster.Nodes[0]!.Volumes.Find("v")!.ReadAsync(at, slice);
                var fill = result.IsOk ? slice.Span[0] : -1;
                buffer.Release();
                return fill;
            }));
        }

        return fills;
    }
}
