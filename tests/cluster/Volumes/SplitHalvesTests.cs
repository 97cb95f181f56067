using Uss.Placement;
using Uss.Replication;
using Uss.Store;

namespace Uss.Volumes.Tests;

/// <summary>What a primary does with objects and operations that belong to the other half of its group.</summary>
[TestFixture]
public sealed class SplitHalvesTests
{
    private const int Groups = 4;
    private const ulong Operation = 0x5117;

    [Test]
    public void A_group_refuses_what_its_other_half_has()
    {
        using var cluster = Create();
        Split(cluster);
        var (member, group) = Leading(cluster);
        var other = Refusal(cluster, member, group, ObjectOf(group.Id.Index + Groups));
        var own = Refusal(cluster, member, group, ObjectOf(group.Id.Index));
        Assert.That(other, Is.EqualTo((GroupStatus.NotServed, GroupStatus.NotServed, GroupStatus.NotServed)), "of the other half");
        Assert.That(own, Is.EqualTo((GroupStatus.Ok, GroupStatus.Ok, GroupStatus.Ok)), "its own");
    }

    [Test]
    public void A_primary_that_hears_of_the_other_half_first_has_no_say_over_it()
    {
        using var cluster = Create();
        var (member, group) = Leading(cluster);
        var record = group.Record!;
        var half = record with { Epoch = record.Epoch + 1, Groups = 2 * Groups, Proposer = record.Proposer + 1 };
        var before = Refusal(cluster, member, group, ObjectOf(group.Id.Index + Groups));
        Assert.That(before, Is.EqualTo((GroupStatus.Ok, GroupStatus.Ok, GroupStatus.Ok)), "before the split it has both");

        // Nothing of its own record is known yet.
        var born = false;
        var other = Refusal(cluster, member, group, ObjectOf(group.Id.Index + Groups), node =>
            born = node.Pools.First().Hear(group.Id.Index + Groups, half) is not null);
        Assert.That(born);
        Assert.That(other, Is.EqualTo((GroupStatus.NotServed, GroupStatus.NotServed, GroupStatus.NotServed)));
    }

    [Test]
    public void A_change_that_the_whole_has_made_is_not_made_again_by_a_half()
    {
        using var cluster = Create();
        Split(cluster);
        var (member, group) = Leading(cluster);
        var half = member.Node!.Pools.First().Find(group.Id.Index + Groups)!;
        cluster.Await(() => half.State == GroupState.Active, "the same node leads both");
        var (made, again, unseen) = cluster.Run(member, async node =>
        {
            var operation = new OperationStamp(Operation, member.Reactor.MonotonicNs, false);
            var repeated = operation with { IsRepeated = true };
            var id = ObjectOf(half.Id.Index);
            return ((await group.DiscardAsync(ObjectOf(group.Id.Index), 0, 1, 0, operation)).Status,
                (await half.DiscardAsync(id, 0, 1, 0, repeated)).Status,
                (await half.DiscardAsync(id, 0, 1, 0, repeated with { Id = Operation + 1 })).Status);
        });
        Assert.That(made, Is.EqualTo(GroupStatus.Ok));
        Assert.That(again, Is.EqualTo(GroupStatus.Unavailable), "its members remember it");
        Assert.That(unseen, Is.EqualTo(GroupStatus.Ok), "nobody has seen this one");
    }

    private static TopologyFixture Create()
    {
        var cluster = new TopologyFixture(3, Groups);
        cluster.CreateVolume(3, 1 << 20);
        cluster.Await(() => cluster.IsSettled(3), "preferred primaries lead");
        return cluster;
    }

    private static void Split(TopologyFixture cluster)
    {
        Assert.That(cluster.Run(cluster.Members[0], node => node.SplitPoolAsync(1)), Is.Null);
        cluster.Await(
            () => cluster.Members.TrueForAll(member => member.Node!.Pools.First() is { IsSplitting: false, Record.Groups: 2 * Groups })
                && cluster.IsSettled(3),
            "all groups are split");
        cluster.World.RunFor(1_000_000_000);
    }

    // A group of those that the pool was made with, on the node of its primary.
    private static (TopologyFixture.Member Member, PlacementGroup Group) Leading(TopologyFixture cluster)
    {
        var member = cluster.Members.First(other => other.Node!.Pools.First().Groups.Any(IsLed));
        return (member, member.Node!.Pools.First().Groups.First(IsLed));

        static bool IsLed(PlacementGroup group) => group.Id.Index < Groups && group.State == GroupState.Active;
    }

    private static ObjectId ObjectOf(int group)
    {
        var space = SpaceId.Compose(1, 77, 0);
        for (uint index = 0; ; index++)
        {
            if (SpaceId.GroupOf(new ObjectId(space, index), 2 * Groups) == group)
                return new ObjectId(space, index);
        }
    }

    private static (GroupStatus Discard, GroupStatus Read, GroupStatus Describe) Refusal(
        TopologyFixture cluster, TopologyFixture.Member member, PlacementGroup group, ObjectId id, Action<BlockNode>? first = null) =>
        cluster.Run(member, async node =>
        {
            first?.Invoke(node);
            var buffer = member.Reactor.Buffers.Rent(StoreUnits.BlockBytes);
            var read = group.ReadAsync(id, 0, buffer.Slice(0, StoreUnits.BlockBytes));
            var describe = group.DescribeAsync(id, 0, new BlockDescription[1]);
            var discard = group.DiscardAsync(id, 1, 1);
            var statuses = ((await discard).Status, (await read).Status, (await describe).Status);
            buffer.Release();
            return statuses;
        });
}
