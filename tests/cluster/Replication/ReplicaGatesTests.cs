using Uss.Replication.Tests.Support;
using Uss.Runtime.Simulated;

namespace Uss.Replication.Tests;

/// <summary>What members let in when groups are split.</summary>
[TestFixture]
public sealed class ReplicaGatesTests
{
    private static readonly PlacementGroupId _whole = new(1, 1);
    private static readonly PlacementGroupId _half = new(1, 5);

    [Test]
    public void A_half_waits_for_what_the_whole_has_under_way_and_shuts_it_out() => InWorld(async () =>
    {
        var gates = new ReplicaGates();
        var late = new GroupStamp(_whole, 7, 4);
        Assert.That(await gates.Of(_whole).EnterAsync(late));
        var entering = gates.Of(_half).EnterAsync(new GroupStamp(_half, 9, 8)).AsTask();
        Assert.That(entering.IsCompleted, Is.False, "it waits for the change of the whole");
        Assert.That(gates.Of(_whole).TryEnter(late), Is.False, "the whole makes no new one");
        Assert.That(await gates.Of(_whole).EnterAsync(late with { Epoch = 8 }), Is.False, "nor under a newer epoch from before the split");
        gates.Of(_whole).Leave(late);
        Assert.That(await entering);
        Assert.That(await gates.Of(_whole).EnterAsync(new GroupStamp(_whole, 8, 8)), "what is left of the whole goes on");
        gates.Of(_half).Leave(new GroupStamp(_half, 9, 8));
        gates.Of(_whole).Leave(new GroupStamp(_whole, 8, 8));
        Assert.That(gates.Of(_whole).Pending + gates.Of(_half).Pending, Is.Zero);
    });

    [Test]
    public void The_whole_of_two_splits_ago_is_shut_out_too() => InWorld(async () =>
    {
        var gates = new ReplicaGates();
        Assert.That(await gates.Of(new PlacementGroupId(1, 7)).EnterAsync(new GroupStamp(new PlacementGroupId(1, 7), 9, 8)));
        Assert.That(await gates.Of(new PlacementGroupId(1, 3)).EnterAsync(new GroupStamp(new PlacementGroupId(1, 3), 8, 4)), Is.False);
        Assert.That(await gates.Of(new PlacementGroupId(1, 1)).EnterAsync(new GroupStamp(new PlacementGroupId(1, 1), 6, 2)), Is.False);
        Assert.That(await gates.Of(new PlacementGroupId(1, 1)).EnterAsync(new GroupStamp(new PlacementGroupId(1, 1), 7, 4)));
        Assert.That(await gates.Of(new PlacementGroupId(1, 2)).EnterAsync(new GroupStamp(new PlacementGroupId(1, 2), 6, 4)));
    });

    [Test]
    public void A_primary_of_a_half_waits_for_the_whole_at_its_own_disks_too() => InWorld(async () =>
    {
        var gates = new ReplicaGates();
        var late = new GroupStamp(_whole, 7, 4);
        Assert.That(await gates.Of(_whole).EnterAsync(late));
        var half = new GroupStamp(_half, 9, 8);
        gates.Of(_half).BeginTerm(half);
        Assert.That(gates.Of(_half).IsCurrent(half), Is.False);
        gates.Of(_whole).Leave(late);
        Assert.That(await gates.Of(_half).AdvanceAsync(half));
        Assert.That(gates.Of(_half).IsCurrent(half));
    });

    [Test]
    public void What_only_a_disk_that_catches_up_has_is_not_told_of() => InWorld(async () =>
    {
        var gates = new ReplicaGates();
        var stamp = new GroupStamp(_whole, 7, 4, Operation: 11);
        var joining = new GroupMember(new LocalReplica(new FakeStore(new FakeDisk(Guid.NewGuid()))), MemberRole.Joining);
        Assert.That(await gates.Of(_whole).EnterAsync(stamp));
        gates.Of(_whole).Remember(joining.StampOf(stamp), 5, 1);
        Assert.That(gates.Of(_whole).Find(11), Is.EqualTo(OperationOutcome.NotSeen));
        Assert.That(gates.Of(_whole).CopiedNs, Is.EqualTo(long.MinValue), "it was no copy either");
        joining.Role = MemberRole.InSync;
        gates.Of(_whole).Remember(joining.StampOf(stamp), 5, 1);
        Assert.That(gates.Of(_whole).Find(11), Is.EqualTo(OperationOutcome.Done));
        gates.Of(_whole).Leave(stamp);
    });

    [Test]
    public void What_the_whole_did_is_not_taken_for_undone_by_a_half() => InWorld(async () =>
    {
        var gates = new ReplicaGates();
        var stamp = new GroupStamp(_whole, 7, 4, Operation: 11);
        Assert.That(await gates.Of(_whole).EnterAsync(stamp));
        gates.Of(_whole).Remember(stamp, 100, nowNs: 1000);
        gates.Of(_whole).Leave(stamp);
        Assert.That(gates.IsKnownToElders(_half, 8, operation: 11, arrivedNs: 900));
        Assert.That(gates.IsKnownToElders(_half, 8, operation: 12, arrivedNs: 900), Is.False);
        Assert.That(gates.IsKnownToElders(new PlacementGroupId(1, 6), 8, operation: 11, arrivedNs: 900), Is.False);
    });

    private static void InWorld(Func<Task> work)
    {
        using var world = new SimulatedWorld(1);
        var reactor = world.CreateReactor("node");
        world.Run(reactor, async () =>
        {
            await work();
            return true;
        });
    }
}
