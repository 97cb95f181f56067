using Uss.Replication;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes.Tests;

/// <summary>The owner of a metadata space: one at a time, and none that is deposed changes or tells anything.</summary>
[TestFixture]
public sealed class OwnedSpaceTests
{
    private const long SecondNs = 1_000_000_000;

    [Test]
    public void One_node_owns_a_space_and_all_know_which()
    {
        using var cluster = Start(out var space);
        var owner = OwnerOf(cluster, space);
        Assert.Multiple(() =>
        {
            Assert.That(cluster.Nodes.Count(node => node!.FindOwned(space) is not null), Is.EqualTo(1));
            Assert.That(cluster.Nodes.Select(node => node!.OwnerOf(space)).Distinct(), Is.EqualTo([cluster.Nodes[owner]!.Name]));
        });
    }

    [Test]
    public void The_next_owner_has_what_the_one_before_it_wrote()
    {
        using var cluster = Start(out var space);
        var owner = OwnerOf(cluster, space);
        Assert.That(Write(cluster, owner, cluster.Nodes[owner]!.FindOwned(space)!, 7), Is.EqualTo(VolumeStatus.Ok));
        cluster.Kill(owner);
        Assert.That(cluster.World.RunUntil(() => OwnerOf(cluster, space) >= 0, 20 * SecondNs));
        var next = OwnerOf(cluster, space);
        Assert.That(Read(cluster, next, cluster.Nodes[next]!.FindOwned(space)!), Is.EqualTo((VolumeStatus.Ok, (byte)7)));
    }

    [Test]
    public void An_owner_that_was_frozen_neither_changes_nor_tells_anything_any_more()
    {
        using var cluster = Start(out var space);
        var owner = OwnerOf(cluster, space);
        var old = cluster.Nodes[owner]!.FindOwned(space)!;
        Assert.That(Write(cluster, owner, old, 7), Is.EqualTo(VolumeStatus.Ok));
        cluster.World.Freeze(cluster.Reactors[owner]);
        Assert.That(cluster.World.RunUntil(() => OwnerOf(cluster, space, but: owner) >= 0, 20 * SecondNs));
        var next = OwnerOf(cluster, space, but: owner);
        Assert.That(Write(cluster, next, cluster.Nodes[next]!.FindOwned(space)!, 8), Is.EqualTo(VolumeStatus.Ok));
        cluster.World.Thaw(cluster.Reactors[owner]);
        Assert.Multiple(() =>
        {
            Assert.That(cluster.Run(owner, () => new ValueTask<bool>(old.IsHeld)), Is.False);
            Assert.That(Write(cluster, owner, old, 9), Is.EqualTo(VolumeStatus.Unavailable));
            Assert.That(Read(cluster, owner, old).Status, Is.EqualTo(VolumeStatus.Unavailable));
        });
        cluster.World.RunFor(5 * SecondNs);
        next = OwnerOf(cluster, space);
        Assert.That(Read(cluster, next, cluster.Nodes[next]!.FindOwned(space)!), Is.EqualTo((VolumeStatus.Ok, (byte)8)));
    }

    [Test]
    public void A_later_term_of_the_same_node_is_another_one()
    {
        using var cluster = Start(out var space);
        var owner = OwnerOf(cluster, space);
        var old = cluster.Nodes[owner]!.FindOwned(space)!;
        cluster.World.Freeze(cluster.Reactors[owner]);
        Assert.That(cluster.World.RunUntil(() => OwnerOf(cluster, space, but: owner) >= 0, 20 * SecondNs));
        cluster.World.Thaw(cluster.Reactors[owner]);

        // What the map prefers leads again.
        Assert.That(cluster.World.RunUntil(() => old.IsOver && OwnerOf(cluster, space) == owner, 60 * SecondNs));
        Assert.Multiple(() =>
        {
            Assert.That(Write(cluster, owner, old, 9), Is.EqualTo(VolumeStatus.Unavailable));
            Assert.That(Write(cluster, owner, cluster.Nodes[owner]!.FindOwned(space)!, 9), Is.EqualTo(VolumeStatus.Ok));
        });
    }

    [Test]
    public void Others_ask_the_owner()
    {
        using var cluster = Start(out var space);
        var owner = OwnerOf(cluster, space);
        cluster.Nodes[owner]!.SpaceOwner = new Adder();
        for (var node = 0; node < cluster.Nodes.Count; node++)
        {
            if (node == owner)
                continue;
            var answer = Ask(cluster, node, space);
            Assert.That(answer, Is.EqualTo((3, (byte)2)));
        }

        cluster.Nodes[owner]!.SpaceOwner = null;
        Assert.That(Ask(cluster, (owner + 1) % 3, space).Length, Is.EqualTo(-1));
    }

    private static ClusterFixture Start(out ulong space)
    {
        var cluster = new ClusterFixture(nodes: 3);
        cluster.CreateVolume("v", 64 << 20, copies: 3);
        cluster.AwaitHealth();
        cluster.World.RunFor(2 * SecondNs);
        space = SpaceId.OfMetadata(cluster.Nodes[0]!.Pools.Single().Record.Id, 5);
        return cluster;
    }

    private static int OwnerOf(ClusterFixture cluster, ulong space, int but = -1)
    {
        for (var node = 0; node < cluster.Nodes.Count; node++)
        {
            if (node != but && cluster.Nodes[node]?.FindOwned(space) is not null)
                return node;
        }

        return -1;
    }

    private static VolumeStatus Write(ClusterFixture cluster, int node, OwnedSpace space, byte fill) => cluster.Run(node, async () =>
    {
        var buffer = cluster.Reactors[node].Buffers.Rent(StoreUnits.BlockBytes);
        buffer.Slice().Span.Fill(fill);
        var status = await space.WriteAsync(StoreUnits.ObjectBytes * 9L, buffer.Slice(0, StoreUnits.BlockBytes));
        buffer.Release();
        return status;
    });

    private static (VolumeStatus Status, byte First) Read(ClusterFixture cluster, int node, OwnedSpace space) => cluster.Run(node, async () =>
    {
        var buffer = cluster.Reactors[node].Buffers.Rent(StoreUnits.BlockBytes);
        var status = await space.ReadAsync(StoreUnits.ObjectBytes * 9L, buffer.Slice(0, StoreUnits.BlockBytes));
        var first = buffer.Slice().Span[0];
        buffer.Release();
        return (status, first);
    });

    private static (int Length, byte First) Ask(ClusterFixture cluster, int node, ulong space) => cluster.Run(node, async () =>
    {
        var buffer = cluster.Reactors[node].Buffers.Rent(StoreUnits.BlockBytes);
        var length = await cluster.Nodes[node]!.CallOwnerAsync(space, new byte[] { 1, 2, 3 }, buffer.Slice());
        var first = buffer.Slice().Span[0];
        buffer.Release();
        return (length, first);
    });

    // Answers with what it was asked, each byte one more.
    private sealed class Adder : ISpaceOwner
    {
        public ValueTask<int> CallAsync(ulong space, ReadOnlyMemory<byte> request, Memory<byte> answer)
        {
            for (var i = 0; i < request.Length; i++)
                answer.Span[i] = (byte)(request.Span[i] + 1);
            return new ValueTask<int>(request.Length);
        }
    }
}
