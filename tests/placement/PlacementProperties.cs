using FsCheck;
using FsCheck.Fluent;
using static Uss.Placement.Tests.Maps;

namespace Uss.Placement.Tests;

/// <summary>What holds for any topology and any policy.</summary>
[TestFixture]
public sealed class PlacementProperties
{
    // The same cases every time; thousands of others were tried by raising this and taking out the replay.
    private const int Cases = 150;

    /// <summary>A cluster, what a pool asks of it, and the cluster after some change.</summary>
    private sealed record Case(Topology Topology, PoolPolicy Policy, Topology Changed, string Change);

    [Test]
    public void Maps_are_sound_and_the_same_every_time() => Check(one =>
    {
        var plan = PlacementSolver.Solve(one.Topology, one.Policy);
        AssertSound(one.Topology, one.Policy, plan.Map);
        Assert.That(PlacementSolver.Solve(one.Topology, one.Policy).Map.Rows, Is.EqualTo(plan.Map.Rows));
        Assert.That(plan.ShortRows == 0, Is.EqualTo(PlacementRules.Check(one.Topology, one.Policy) is null));
    });

    [Test]
    public void Without_a_change_nothing_changes() => Check(one =>
    {
        var first = PlacementSolver.Solve(one.Topology, one.Policy);
        var second = PlacementSolver.Solve(one.Topology, one.Policy, first.Map);
        Assert.That(second.Map.Rows, Is.EqualTo(first.Map.Rows));
        Assert.That(second.IsUnchanged);
        Assert.That((second.MovedCopies, second.LeastMovedCopies, second.PrimaryChanges), Is.EqualTo((0, 0, 0)));
    });

    [Test]
    public void No_disk_could_give_a_copy_to_an_emptier_one() => Check(one =>
    {
        var map = PlacementSolver.Solve(one.Topology, one.Policy, PlacementSolver.Solve(one.Changed, one.Policy).Map).Map;
        AssertBalanced(one.Topology, one.Policy, map);
    });

    [Test]
    public void A_change_moves_little_more_than_it_must() => Check(MovesLittle, mostGroups: 40);

    // Found among thousands of cases: without exchanges at the end, 17 copies move where 14 must.
    [TestCase(1640313195)]
    public void A_change_moves_little_more_than_it_must_in_a_rare_case(int seed) => MovesLittle(Make(seed, mostGroups: 40));

    [Test]
    public void No_group_loses_a_copy_to_a_drain() => Check(one =>
    {
        var before = PlacementSolver.Solve(one.Topology, one.Policy).Map;
        var draining = one.Topology.Draining(one.Topology.Disks.Take(1 + (one.Topology.Disks.Count / 3)).Select(disk => disk.Id));
        var plan = PlacementSolver.Solve(draining, one.Policy, before);
        AssertSound(draining, one.Policy, plan.Map);
        for (var group = 0; group < before.Groups; group++)
            Assert.That(plan.Map.Rows[group], Has.Count.EqualTo(before.Rows[group].Count));
        if (PlacementRules.Check(draining, one.Policy) is null)
            Assert.That(plan.StuckCopies, Is.Zero);
        var gets = plan.Moves.Where(move => move.To is not null).Select(move => draining.Find(move.To!.Value)!.State);
        Assert.That(gets, Has.None.EqualTo(DiskState.Draining));
    });

    [Test]
    public void Every_disk_is_primary_of_its_part_of_what_it_holds() => Check(one =>
    {
        var map = PlacementSolver.Solve(one.Topology, one.Policy).Map;
        var primaries = Primaries(map);
        var length = map.Rows.Max(row => row.Count);
        foreach (var (disk, held) in Held(map))
            Assert.That(Math.Abs(primaries.GetValueOrDefault(disk) - ((double)held / length)), Is.LessThan(1));
    });

    private static void MovesLittle(Case one)
    {
        var before = PlacementSolver.Solve(one.Topology, one.Policy).Map;
        var plan = PlacementSolver.Solve(one.Changed, one.Policy, before);
        AssertSound(one.Changed, one.Policy, plan.Map);
        Assert.That(plan.MovedCopies, Is.GreaterThanOrEqualTo(plan.LeastMovedCopies));

        // In a small cluster a group may have a copy in the very node that needs one, and then two copies move for one. The exact
        // least for these numbers of copies a disk is known.
        var least = ExactMoves.Least(one.Changed, one.Policy, before, plan.Map);
        Assert.That(least, Is.GreaterThanOrEqualTo(plan.LeastMovedCopies));
        Assert.That(plan.MovedCopies, Is.InRange(least, Math.Ceiling(least * 1.1)));
    }

    // In a balanced map a disk could pass a copy to an emptier one only into a domain that holds a copy of each of its groups.
    private static void AssertBalanced(Topology topology, PoolPolicy policy, PlacementMap map)
    {
        var held = Held(map);
        var usable = topology.DisksOf(policy).Where(disk => disk.EffectiveWeightBytes > 0).ToList();
        var domainCopies = usable.GroupBy(disk => disk.DomainName(policy.FailureDomain))
            .ToDictionary(domain => domain.Key, domain => domain.Sum(disk => held.GetValueOrDefault(disk.Id)));
        foreach (var full in usable)
        {
            foreach (var empty in usable)
            {
                var (fullDomain, emptyDomain) = (full.DomainName(policy.FailureDomain), empty.DomainName(policy.FailureDomain));
                if (fullDomain != emptyDomain && domainCopies[emptyDomain] >= policy.Groups)
                    continue;

                // With one copy more, the emptier disk would be at least as full as the other one is now.
                var fullness = (Int128)held.GetValueOrDefault(full.Id) * empty.WeightBytes;
                Assert.That(fullness, Is.LessThanOrEqualTo((Int128)(held.GetValueOrDefault(empty.Id) + 1) * full.WeightBytes));
            }
        }
    }

    private static void Check(Action<Case> property, int mostGroups = 400) =>
        Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue - 1).Select(seed => Make(seed, mostGroups))), property)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Cases).WithReplay(1, 3));

    // One seed makes the whole case, so a failure is repeated by its number.
    private static Case Make(int seed, int mostGroups)
    {
        var random = new Random(seed);
        var isMixed = random.Next(2) == 0;
        var disks = new List<TopologyDisk>();
        var identities = 0;
        var nodes = random.Next(1, 9);
        for (var node = 0; node < nodes; node++)
        {
            for (var i = random.Next(1, 5); i > 0; i--)
                disks.Add(MakeDisk(node));
        }

        var policy = new PoolPolicy
        {
            Copies = random.Next(1, 5),
            Groups = random.Next(1, mostGroups),
            FailureDomain = (FailureDomain)random.Next(4),
            DiskClass = random.Next(3) == 0 ? "ssd" : null,
        };
        var topology = new Topology(disks);
        var any = disks[random.Next(disks.Count)];
        var change = random.Next(6);
        var (changed, name) = change switch
        {
            0 => (topology.With(MakeDisk(random.Next(nodes))), "add a disk"),
            1 => (topology.With([.. Enumerable.Range(0, 3).Select(_ => MakeDisk(nodes))]), "add a node"),
            2 => (topology.Without(any.Id), "remove a disk"),
            3 => (topology.Without([.. disks.Where(disk => disk.Node == any.Node).Select(disk => disk.Id)]), "remove a node"),
            4 => (topology.Draining(any.Id), "drain a disk"),
            _ => (topology.With(any with { WeightBytes = any.WeightBytes * 2 }), "change a weight"),
        };
        return new Case(topology, policy, changed, $"{name}, seed {seed}");

        TopologyDisk MakeDisk(int node) => new()
        {
            Id = IdOf(identities++),
            WeightBytes = isMixed ? random.NextInt64(1L << 38, 1L << 42) : 1L << 40,
            Node = "n" + node,
            Rack = "r" + (node / 2),
            Site = "s" + (node / 4),
            Class = random.Next(4) == 0 ? "hdd" : "ssd",
        };
    }
}
