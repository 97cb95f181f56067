using static Uss.Placement.Tests.Maps;

namespace Uss.Placement.Tests;

[TestFixture]
public sealed class SplitTests
{
    [Test]
    public void Both_halves_begin_where_the_whole_was()
    {
        var topology = new Topology(Disks(10));
        var policy = new PoolPolicy { Copies = 3, Groups = 333 };
        var map = PlacementSolver.Solve(topology, policy).Map;
        var plan = PlacementSolver.Split(map, policy).Value!;
        Assert.That(plan.Map.Groups, Is.EqualTo(666));
        Assert.That(plan.Map.Version, Is.EqualTo(map.Version + 1));
        Assert.That(plan.Moves, Is.Empty);
        Assert.That(plan.IsUnchanged, Is.False);
        for (var group = 0; group < 666; group++)
            Assert.That(plan.Map.Rows[group], Is.EqualTo(map.Rows[group % 333]));

        // No object's disks change.
        for (uint index = 0; index < 1000; index++)
        {
            Assert.That(
                plan.Map.Rows[PlacementHash.GroupOf(5, index, 666)],
                Is.EqualTo(map.Rows[PlacementHash.GroupOf(5, index, 333)]));
        }

        // Twice as many groups even out the odd copies: at most one a disk.
        var even = PlacementSolver.Solve(topology, policy with { Groups = 666 }, plan.Map);
        Assert.That(even.MovedCopies, Is.LessThanOrEqualTo(10));
    }

    [Test]
    public void A_pool_is_split_when_its_disks_hold_less_than_100_copies()
    {
        var policy = new PoolPolicy { Copies = 3, Groups = 512 };
        Assert.That(PlacementSolver.ShouldSplit(new Topology(Disks(15)), policy), Is.False);
        Assert.That(PlacementSolver.ShouldSplit(new Topology(Disks(16)), policy), Is.True);
        Assert.That(PlacementSolver.ShouldSplit(new Topology(Disks(16)).Draining(IdOf(0)), policy), Is.False);
        Assert.That(PoolPolicy.SuggestGroups(16, 3), Is.EqualTo(1024), "what a new pool would get");
    }

    [Test]
    public void Groups_beyond_the_maximum_are_refused()
    {
        var policy = new PoolPolicy { Copies = 1, Groups = PoolPolicy.MaximumGroups };
        var map = new PlacementMap(1, [.. Enumerable.Repeat<IReadOnlyList<Guid>>([IdOf(0)], policy.Groups)]);
        Assert.That(PlacementSolver.Split(map, policy).Fault?.Code, Is.EqualTo("too-many-groups"));
        Assert.That(PlacementSolver.ShouldSplit(new Topology(Disks(10_000)), policy), Is.False);
    }
}
