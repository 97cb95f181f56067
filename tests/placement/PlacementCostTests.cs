using static Uss.Placement.Tests.Maps;

namespace Uss.Placement.Tests;

[TestFixture]
public sealed class PlacementCostTests
{
    private static readonly PoolPolicy _policy = new() { Name = "p", Copies = 2, Groups = 60, FailureDomain = FailureDomain.Node };

    [Test]
    public void A_new_disk_is_written_and_the_others_are_relieved()
    {
        var (before, after) = (new Topology(Disks(4)), new Topology(Disks(5)));
        var map = PlacementSolver.Solve(before, _policy).Map;
        var plan = PlacementSolver.Solve(after, _policy, map);
        var cost = PlacementCost.Of(plan, after, _policy, PoolUsage.Even(6000, 60, 100));
        Assert.That(cost.MovedBytes, Is.EqualTo(2400));
        Assert.That(cost.LeastMovedBytes, Is.EqualTo(2400));
        Assert.That(cost.Disks.Single(disk => disk.Disk == IdOf(4)).WrittenBytes, Is.EqualTo(2400));
        Assert.That(cost.Disks.Where(disk => disk.Disk != IdOf(4)).Select(disk => disk.ReleasedBytes), Is.All.EqualTo(600));
        Assert.That(cost.Disks.Select(disk => disk.UsedBytes), Is.All.EqualTo(2400));
        Assert.That(cost.Duration, Is.EqualTo(TimeSpan.FromSeconds(24)));
        Assert.That(cost.GroupsByCopies, Is.EqualTo((int[])[0, 0, 60]));
        Assert.That(PlacementRules.CheckChange(after, _policy, plan, cost), Is.Null);
    }

    [Test]
    public void Groups_of_different_sizes_are_counted_by_their_bytes()
    {
        var (before, after) = (new Topology(Disks(3)), new Topology(Disks(3)).Without(IdOf(0)));
        var map = PlacementSolver.Solve(before, _policy).Map;
        var plan = PlacementSolver.Solve(after, _policy, map);
        var usage = new PoolUsage([.. Enumerable.Range(1, 60)], 1) { OtherBytes = new Dictionary<Guid, long> { [IdOf(1)] = 7 } };
        var cost = PlacementCost.Of(plan, after, _policy, usage);
        Assert.That(cost.MovedBytes, Is.EqualTo(Enumerable.Range(0, 60).Where(group => map.Rows[group].Contains(IdOf(0))).Sum(group => group + 1)));
        Assert.That(cost.Disks.Select(disk => (disk.Disk, disk.UsedBytes)), Is.EqualTo(((Guid, long)[])[(IdOf(1), 1837), (IdOf(2), 1830)]));
        Assert.That(cost.GroupsByCopies, Is.EqualTo((int[])[0, 40, 20]));
        Assert.That(cost.GroupsBelowMinimum, Is.Zero, "one copy is this pool's minimum");
    }

    [Test]
    public void A_drain_keeps_all_copies_meanwhile_and_is_refused_when_it_cannot_end()
    {
        var all = new Topology(Disks(3));
        var map = PlacementSolver.Solve(all, _policy).Map;
        var one = all.Draining(IdOf(0));
        var plan = PlacementSolver.Solve(one, _policy, map);
        var cost = PlacementCost.Of(plan, one, _policy, PoolUsage.Even(60, 60, 1));
        Assert.That(cost.GroupsByCopies, Is.EqualTo((int[])[0, 0, 60]));
        Assert.That(PlacementRules.CheckChange(one, _policy, plan, cost), Is.Null);

        var two = all.Draining(IdOf(0), IdOf(1));
        plan = PlacementSolver.Solve(two, _policy, map);
        cost = PlacementCost.Of(plan, two, _policy, PoolUsage.Even(60, 60, 1));
        Assert.That(cost.GroupsThatLose, Is.Zero);
        Assert.That(PlacementRules.CheckChange(two, _policy, plan, cost)?.ToString(), Is.EqualTo(
            "60 copies would stay on disks that drain, because nothing else can take them: pool 'p' asks for 2 copies on different nodes; " +
            "there is 1 (without 2 disks that drain): n3. Add a node or lower the failure domain."));
    }

    [Test]
    public void A_stricter_failure_domain_that_cannot_be_had_would_lose_copies()
    {
        var topology = new Topology(Disks(4, disksPerNode: 4));
        var map = PlacementSolver.Solve(topology, _policy with { FailureDomain = FailureDomain.Disk }).Map;
        var plan = PlacementSolver.Solve(topology, _policy, map);
        var cost = PlacementCost.Of(plan, topology, _policy, PoolUsage.Even(60, 60, 1));
        Assert.That(cost.GroupsThatLose, Is.EqualTo(60));
        Assert.That(PlacementRules.CheckChange(topology, _policy, plan, cost)?.Code, Is.EqualTo("too-few-domains"));
    }

    [Test]
    public void A_change_of_weight_moves_the_difference()
    {
        var before = new Topology(Disks(4));
        var map = PlacementSolver.Solve(before, _policy).Map;
        var after = before.With(Disks(4)[0] with { WeightBytes = 1L << 39 });
        var plan = PlacementSolver.Solve(after, _policy, map);
        var cost = PlacementCost.Of(plan, after, _policy, PoolUsage.Even(60, 60, 1));
        Assert.That(cost.Disks.Single(disk => disk.Disk == IdOf(0)), Has.Property("WrittenBytes").EqualTo(0).And.Property("ReleasedBytes").InRange(12, 13));
        Assert.That(cost.MovedBytes, Is.InRange(12, 14));
    }

    [Test]
    public void A_split_moves_nothing()
    {
        var topology = new Topology(Disks(4));
        var map = PlacementSolver.Solve(topology, _policy).Map;
        var doubled = _policy with { Groups = 120 };
        var usage = PoolUsage.Even(6000, 60, 1);
        foreach (var plan in (PlacementPlan[])[PlacementSolver.Split(map, _policy).Value!, PlacementSolver.Solve(topology, doubled, map)])
        {
            var cost = PlacementCost.Of(plan, topology, doubled, usage);
            Assert.That((cost.MovedBytes, cost.Duration), Is.EqualTo((0L, TimeSpan.Zero)));
            Assert.That(cost.Disks.Select(disk => disk.UsedBytes), Is.All.EqualTo(3000));
            Assert.That(cost.GroupsByCopies, Is.EqualTo((int[])[0, 0, 120]));
        }
    }

    [Test]
    public void Groups_cannot_become_a_number_that_is_no_multiple()
    {
        var map = PlacementSolver.Solve(new Topology(Disks(4)), _policy).Map;
        Assert.That(() => PlacementSolver.Solve(new Topology(Disks(4)), _policy with { Groups = 90 }, map), Throws.ArgumentException);
    }
}
