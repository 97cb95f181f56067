namespace Uss.Placement.Tests;

[TestFixture]
public sealed class PlacementSolverTests
{
    [TestCase(2, 1)]
    [TestCase(2, 2)]
    [TestCase(3, 2)]
    [TestCase(7, 3)]
    [TestCase(40, 2)]
    public void Equal_disks_are_filled_within_one_percent_of_the_mean(int disks, int copies)
    {
        var policy = Policy(disks, copies);
        var plan = PlacementSolver.Solve(new Topology(Disks(disks)), policy);
        Assert.That(plan.ShortRows, Is.Zero);
        AssertSound(plan.Map, policy);
        var held = Held(plan.Map);
        Assert.That(held, Has.Count.EqualTo(disks));
        var mean = (double)policy.Groups * copies / disks;
        Assert.That(held.Values.Max(), Is.LessThanOrEqualTo(Math.Max(Math.Ceiling(mean), mean * 1.01)));
    }

    [Test]
    public void Unequal_disks_are_filled_by_weight()
    {
        var disks = Disks(6).Select((disk, i) => disk with { WeightBytes = (i % 3) + 1 }).ToList();
        var policy = new PoolPolicy { Copies = 2, Groups = 600 };
        var held = Held(PlacementSolver.Solve(new Topology(disks), policy).Map);
        foreach (var disk in disks)
            Assert.That(held[disk.Id], Is.EqualTo(1200 * disk.WeightBytes / 12).Within(1));
    }

    [Test]
    public void A_disk_heavier_than_its_domain_can_use_leaves_the_rest_to_others()
    {
        var disks = Disks(3).Select((disk, i) => disk with { WeightBytes = i == 0 ? 100 : 1 }).ToList();
        var policy = new PoolPolicy { Copies = 2, Groups = 64 };
        var plan = PlacementSolver.Solve(new Topology(disks), policy);
        AssertSound(plan.Map, policy);
        Assert.That(plan.ShortRows, Is.Zero);
        Assert.That(Held(plan.Map)[disks[0].Id], Is.EqualTo(64));
    }

    [Test]
    public void Copies_are_in_different_failure_domains()
    {
        var disks = Disks(12).Select((disk, i) => disk with { Node = "node" + (i / 3), Rack = "rack" + (i / 6) }).ToList();
        foreach (var domain in new[] { FailureDomain.Node, FailureDomain.Rack })
        {
            var policy = new PoolPolicy { Copies = 2, Groups = 512, FailureDomain = domain };
            var plan = PlacementSolver.Solve(new Topology(disks), policy);
            Assert.That(plan.ShortRows, Is.Zero);
            foreach (var row in plan.Map.Rows)
                Assert.That(row.Select(id => disks.Single(disk => disk.Id == id).DomainName(domain)), Is.Unique);
        }
    }

    [Test]
    public void Too_few_failure_domains_give_short_rows()
    {
        var plan = PlacementSolver.Solve(new Topology(Disks(1)), new PoolPolicy { Copies = 2, Groups = 64 });
        Assert.That(plan.ShortRows, Is.EqualTo(64));
        Assert.That(plan.Map.Rows, Has.All.Count.EqualTo(1));
    }

    [Test]
    public void Without_a_change_nothing_moves()
    {
        foreach (var (disks, copies) in new[] { (2, 1), (3, 2), (7, 3), (20, 2) })
        {
            var topology = new Topology(Disks(disks));
            var policy = Policy(disks, copies);
            var first = PlacementSolver.Solve(topology, policy);
            var second = PlacementSolver.Solve(topology, policy, first.Map);
            Assert.That(second.IsUnchanged);
            Assert.That(second.Map.Rows, Is.EqualTo(first.Map.Rows));
        }
    }

    [TestCase(2, 1)]
    [TestCase(4, 2)]
    [TestCase(10, 3)]
    [TestCase(30, 2)]
    public void A_new_disk_gets_its_share_and_hardly_anything_else_moves(int disks, int copies)
    {
        var policy = Policy(disks, copies);
        var before = PlacementSolver.Solve(new Topology(Disks(disks)), policy).Map;
        var plan = PlacementSolver.Solve(new Topology(Disks(disks + 1)), policy, before);
        AssertSound(plan.Map, policy);
        var least = (double)policy.Groups * copies / (disks + 1);
        Assert.That(Held(plan.Map)[Disks(disks + 1)[disks].Id], Is.EqualTo(least).Within(1));
        Assert.That(plan.Moves, Has.Count.LessThanOrEqualTo((least * 1.1) + 1));
    }

    [TestCase(3, 2)]
    [TestCase(10, 3)]
    [TestCase(30, 2)]
    public void A_lost_disk_is_made_up_for_and_hardly_anything_else_moves(int disks, int copies)
    {
        var policy = Policy(disks, copies);
        var all = Disks(disks);
        var before = PlacementSolver.Solve(new Topology(all), policy).Map;
        var held = Held(before)[all[1].Id];
        var plan = PlacementSolver.Solve(new Topology(all.Where((_, i) => i != 1)), policy, before);
        AssertSound(plan.Map, policy);
        Assert.That(plan.ShortRows, Is.Zero);
        Assert.That(plan.Moves, Has.Count.LessThanOrEqualTo((held * 1.1) + 1));
        Assert.That(plan.Map.Rows.SelectMany(row => row), Has.None.EqualTo(all[1].Id));
        var mean = (double)policy.Groups * copies / (disks - 1);
        Assert.That(Held(plan.Map).Values.Max(), Is.LessThanOrEqualTo(Math.Ceiling(mean) + 1));
    }

    [Test]
    public void A_disk_of_weight_0_is_emptied()
    {
        var disks = Disks(4);
        var policy = new PoolPolicy { Copies = 2, Groups = 256 };
        var before = PlacementSolver.Solve(new Topology(disks), policy).Map;
        var drained = disks.Select((disk, i) => i == 2 ? disk with { WeightBytes = 0 } : disk);
        var plan = PlacementSolver.Solve(new Topology(drained), policy, before);
        AssertSound(plan.Map, policy);
        Assert.That(Held(plan.Map).ContainsKey(disks[2].Id), Is.False);
    }

    [Test]
    public void The_order_of_the_disks_does_not_matter()
    {
        var disks = Disks(9);
        var policy = Policy(9, 2);
        var one = PlacementSolver.Solve(new Topology(disks), policy).Map;
        var other = PlacementSolver.Solve(new Topology(disks.AsEnumerable().Reverse()), policy).Map;
        Assert.That(other.Rows, Is.EqualTo(one.Rows));
    }

    [Test]
    public void Every_disk_is_primary_of_its_share()
    {
        var policy = Policy(8, 3);
        var map = PlacementSolver.Solve(new Topology(Disks(8)), policy).Map;
        var primaries = map.Rows.GroupBy(row => row[0]).ToDictionary(group => group.Key, group => group.Count());
        var mean = policy.Groups / 8.0;
        foreach (var disk in Disks(8))
            Assert.That(primaries.GetValueOrDefault(disk.Id), Is.EqualTo(mean).Within(mean * 0.15));
    }

    [Test]
    public void Random_changes_one_after_the_other_leave_a_sound_and_balanced_map()
    {
        var random = new Random(7);
        var disks = Disks(60);
        var present = disks.Take(5).ToList();
        var policy = new PoolPolicy { Copies = 2, Groups = 1024 };
        PlacementMap? map = null;
        for (var step = 0; step < 40; step++)
        {
            if (present.Count > 3 && random.Next(3) == 0)
                present.RemoveAt(random.Next(present.Count));
            else
                present.Add(disks[5 + step]);
            var plan = PlacementSolver.Solve(new Topology(present), policy, map);
            map = plan.Map;
            AssertSound(map, policy);
            var mean = 2048.0 / present.Count;
            Assert.That(Held(map).Values.Max(), Is.LessThanOrEqualTo(Math.Ceiling(mean) + 1));
            Assert.That(map.Version, Is.EqualTo(step + 1));
        }
    }

    [Test]
    public void A_disk_listed_twice_is_refused()
    {
        var disk = Disks(1)[0];
        Assert.That(() => new Topology([disk, disk]), Throws.ArgumentException);
    }

    private static PoolPolicy Policy(int disks, int copies) =>
        new() { Copies = copies, Groups = PoolPolicy.SuggestGroups(disks, copies) };

    private static List<TopologyDisk> Disks(int count) =>
    [
        .. Enumerable.Range(1, count).Select(i => new TopologyDisk
        {
            Id = new Guid(i, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]),
            WeightBytes = 1L << 40,
            Node = "node",
        }),
    ];

    private static Dictionary<Guid, int> Held(PlacementMap map) =>
        map.Rows.SelectMany(row => row).GroupBy(disk => disk).ToDictionary(group => group.Key, group => group.Count());

    private static void AssertSound(PlacementMap map, PoolPolicy policy)
    {
        Assert.That(map.Groups, Is.EqualTo(policy.Groups));
        foreach (var row in map.Rows)
        {
            Assert.That(row, Is.Unique);
            Assert.That(row, Has.Count.InRange(1, policy.Copies));
        }
    }
}
