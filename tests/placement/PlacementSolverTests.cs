using static Uss.Placement.Tests.Maps;

namespace Uss.Placement.Tests;

[TestFixture]
public sealed class PlacementSolverTests
{
    [TestCase(2, 1)]
    [TestCase(2, 2)]
    [TestCase(3, 2)]
    [TestCase(7, 3)]
    [TestCase(40, 2)]
    [TestCase(300, 3)]
    public void Equal_disks_hold_the_mean_rounded_down_or_up(int disks, int copies)
    {
        var topology = new Topology(Disks(disks));
        var policy = Policy(disks, copies);
        var plan = PlacementSolver.Solve(topology, policy);
        Assert.That(plan.ShortRows, Is.Zero);
        AssertSound(topology, policy, plan.Map);
        var held = Held(plan.Map);
        Assert.That(held, Has.Count.EqualTo(disks));
        var mean = (double)policy.Groups * copies / disks;
        Assert.That(held.Values, Is.All.InRange((int)Math.Floor(mean), (int)Math.Ceiling(mean)));
        Assert.That(plan.MovedCopies, Is.EqualTo(policy.Groups * copies).And.EqualTo(plan.LeastMovedCopies));
    }

    [Test]
    public void Unequal_disks_are_filled_by_weight()
    {
        var disks = Disks(6).Select((disk, i) => disk with { WeightBytes = (i % 3) + 1 }).ToList();
        var policy = new PoolPolicy { Copies = 2, Groups = 600 };
        var held = Held(PlacementSolver.Solve(new Topology(disks), policy).Map);
        foreach (var disk in disks)
            Assert.That(held[disk.Id], Is.EqualTo(1200 * disk.WeightBytes / 12));
    }

    [TestCase(FailureDomain.Disk)]
    [TestCase(FailureDomain.Node)]
    [TestCase(FailureDomain.Rack)]
    public void The_fullest_of_mixed_disks_is_at_most_1_percent_above_its_share(FailureDomain level)
    {
        // From a tenth to three times a size that no other has; 108 copies a disk.
        var disks = Disks(240, disksPerNode: 6, nodesPerRack: 5)
            .Select((disk, i) => disk with { WeightBytes = (1L << 38) * (1 + (i * 7 % 30)) + (i * 12_345_678) });
        var topology = new Topology(disks);
        var policy = new PoolPolicy { Copies = 3, Groups = 8640, FailureDomain = level };
        var plan = PlacementSolver.Solve(topology, policy);
        AssertSound(topology, policy, plan.Map);
        Assert.That(plan.ShortRows, Is.Zero);
        Assert.That(Fullest(topology, policy, plan.Map), Is.LessThanOrEqualTo(1.01));
    }

    [Test]
    public void A_disk_heavier_than_its_domain_can_use_leaves_the_rest_to_others()
    {
        var disks = Disks(3).Select((disk, i) => disk with { WeightBytes = i == 0 ? 100 : 1 }).ToList();
        var policy = new PoolPolicy { Copies = 2, Groups = 64 };
        var plan = PlacementSolver.Solve(new Topology(disks), policy);
        Assert.That(plan.ShortRows, Is.Zero);
        var held = Held(plan.Map);
        Assert.That(disks.Select(disk => held[disk.Id]), Is.EqualTo((int[])[64, 32, 32]));
    }

    [TestCase(FailureDomain.Node)]
    [TestCase(FailureDomain.Rack)]
    public void Copies_are_in_different_failure_domains(FailureDomain level)
    {
        var topology = new Topology(Disks(12, disksPerNode: 3, nodesPerRack: 2));
        var policy = new PoolPolicy { Copies = 2, Groups = 512, FailureDomain = level };
        var plan = PlacementSolver.Solve(topology, policy);
        Assert.That(plan.ShortRows, Is.Zero);
        AssertSound(topology, policy, plan.Map);
    }

    [Test]
    public void Too_few_failure_domains_give_short_rows()
    {
        var plan = PlacementSolver.Solve(new Topology(Disks(1)), new PoolPolicy { Copies = 2, Groups = 64 });
        Assert.That(plan.ShortRows, Is.EqualTo(64));
        Assert.That(plan.Map.Rows, Has.All.Count.EqualTo(1));
    }

    [Test]
    public void Only_disks_of_the_class_are_used()
    {
        var topology = new Topology(Disks(9).Select((disk, i) => disk with { Class = i % 2 == 0 ? "ssd" : "hdd" }));
        var policy = new PoolPolicy { Copies = 3, Groups = 100, DiskClass = "ssd" };
        var plan = PlacementSolver.Solve(topology, policy);
        AssertSound(topology, policy, plan.Map);
        Assert.That(Held(plan.Map).Values, Is.All.EqualTo(60));
    }

    [Test]
    public void Who_holds_the_odd_copy_keeps_it()
    {
        // 128 copies on 3 disks: one disk has 42, the others 43. Whichever it is, nothing moves.
        var topology = new Topology(Disks(3));
        var policy = new PoolPolicy { Copies = 2, Groups = 64 };
        var map = PlacementSolver.Solve(topology, policy).Map;
        for (var shift = 0; shift < 3; shift++)
        {
            var names = Enumerable.Range(0, 3).ToDictionary(IdOf, i => IdOf((i + shift) % 3));
            var shifted = new PlacementMap(1, [.. map.Rows.Select(row => (IReadOnlyList<Guid>)[.. row.Select(disk => names[disk])])]);
            Assert.That(PlacementSolver.Solve(topology, policy, shifted).MovedCopies, Is.Zero);
        }
    }

    [TestCase(2, 1)]
    [TestCase(4, 2)]
    [TestCase(10, 3)]
    [TestCase(30, 2)]
    [TestCase(200, 3)]
    public void A_new_disk_gets_its_share_and_nothing_else_moves(int disks, int copies)
    {
        var policy = Policy(disks, copies);
        var before = PlacementSolver.Solve(new Topology(Disks(disks)), policy).Map;
        var plan = PlacementSolver.Solve(new Topology(Disks(disks + 1)), policy, before);
        var share = (double)policy.Groups * copies / (disks + 1);
        Assert.That(Held(plan.Map)[IdOf(disks)], Is.EqualTo(share).Within(1));
        Assert.That(plan.MovedCopies, Is.LessThanOrEqualTo(Math.Ceiling(share)));
        Assert.That(plan.LeastMovedCopies, Is.EqualTo(Math.Floor(share)));
        Assert.That(plan.Moves.Count(move => move.To is not null), Is.EqualTo(plan.MovedCopies));
    }

    [TestCase(3, 2)]
    [TestCase(10, 3)]
    [TestCase(30, 2)]
    [TestCase(200, 3)]
    public void A_lost_disk_is_made_up_for_and_hardly_anything_else_moves(int disks, int copies)
    {
        var policy = Policy(disks, copies);
        var all = new Topology(Disks(disks));
        var before = PlacementSolver.Solve(all, policy).Map;
        var lost = Held(before)[IdOf(1)];
        var rest = all.Without(IdOf(1));
        var plan = PlacementSolver.Solve(rest, policy, before);
        AssertSound(rest, policy, plan.Map);
        Assert.That(plan.ShortRows, Is.Zero);
        Assert.That(plan.LeastMovedCopies, Is.EqualTo(lost));
        Assert.That(plan.MovedCopies, Is.InRange(lost, (int)(lost * 1.1)));
    }

    [Test]
    public void A_node_beside_three_gets_its_share_from_all_of_them()
    {
        // Three copies on three nodes are everywhere; the fourth node must get copies of three quarters of the groups.
        var policy = new PoolPolicy { Copies = 3, Groups = 512, FailureDomain = FailureDomain.Node };
        var before = PlacementSolver.Solve(new Topology(Disks(6, disksPerNode: 2)), policy).Map;
        var topology = new Topology(Disks(8, disksPerNode: 2));
        var plan = PlacementSolver.Solve(topology, policy, before);
        AssertSound(topology, policy, plan.Map);
        Assert.That(Held(plan.Map).Values, Is.All.EqualTo(192));
        Assert.That(plan.LeastMovedCopies, Is.EqualTo(384));
        Assert.That(plan.MovedCopies, Is.InRange(384, 384 * 1.1));
    }

    [Test]
    public void A_site_that_must_hold_a_copy_of_every_group_gets_one()
    {
        var disks = Disks(40, disksPerNode: 5).Select((disk, i) => disk with { Site = i < 30 ? "s" + (i / 10) : "big" }).ToList();
        var policy = new PoolPolicy { Copies = 2, Groups = 2000, FailureDomain = FailureDomain.Site };
        var before = PlacementSolver.Solve(new Topology(disks.Take(30)), policy).Map;
        var topology = new Topology(disks.Select((disk, i) => i < 30 ? disk : disk with { WeightBytes = 9L << 40 }));
        foreach (var previous in (PlacementMap?[])[null, before])
        {
            var plan = PlacementSolver.Solve(topology, policy, previous);
            AssertSound(topology, policy, plan.Map);
            Assert.That(plan.ShortRows, Is.Zero);
            Assert.That(Held(plan.Map).Where(pair => disks.FindIndex(disk => disk.Id == pair.Key) >= 30).Sum(pair => pair.Value), Is.EqualTo(2000));
            Assert.That(plan.MovedCopies, Is.LessThanOrEqualTo(plan.LeastMovedCopies * 1.1));
        }
    }

    [Test]
    public void Thousands_of_copies_that_cannot_move_in_one_step_move_in_chains()
    {
        // A fourth site that gets a copy of every group; then the loss of a third of another site.
        var disks = Disks(400, disksPerNode: 5).Select((disk, i) => disk with { Site = "s" + (i < 300 ? i % 3 : 3) }).ToList();
        var three = new Topology(disks.Take(300));
        var four = new Topology(disks.Select((disk, i) => i < 300 ? disk : disk with { WeightBytes = 4 * disk.WeightBytes }));
        var less = new Topology(four.Disks.Where((disk, i) => disk.Site != "s1" || i % 9 != 1));
        var policy = new PoolPolicy { Copies = 3, Groups = 60_000, FailureDomain = FailureDomain.Site };
        var map = PlacementSolver.Solve(three, policy).Map;
        foreach (var topology in (Topology[])[four, less])
        {
            var plan = PlacementSolver.Solve(topology, policy, map);
            Assert.That(plan.ShortRows, Is.Zero);
            Assert.That(plan.MovedCopies, Is.LessThanOrEqualTo(plan.LeastMovedCopies * 1.1));
            map = plan.Map;
            var held = Held(map);
            var quotas = topology.Disks.GroupBy(disk => disk.Site, disk => held[disk.Id]);
            foreach (var site in quotas)
                Assert.That(site.Max() - site.Min(), Is.LessThanOrEqualTo(1));
        }

        AssertSound(less, policy, map);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_draining_disk_is_emptied(bool byWeight)
    {
        var topology = new Topology(Disks(4));
        var policy = new PoolPolicy { Copies = 2, Groups = 256 };
        var before = PlacementSolver.Solve(topology, policy).Map;
        var after = byWeight ? topology.With(Disks(4)[2] with { WeightBytes = 0 }) : topology.Draining(IdOf(2));
        var plan = PlacementSolver.Solve(after, policy, before);
        AssertSound(after, policy, plan.Map);
        Assert.That(Held(plan.Map).ContainsKey(IdOf(2)), Is.False);
        Assert.That(plan.MovedCopies, Is.EqualTo(128));
        Assert.That(plan.StuckCopies, Is.Zero);
    }

    [Test]
    public void What_no_other_disk_can_take_stays_on_a_draining_one()
    {
        var topology = new Topology(Disks(3));
        var policy = new PoolPolicy { Copies = 3, Groups = 64, FailureDomain = FailureDomain.Node };
        var before = PlacementSolver.Solve(topology, policy).Map;
        var plan = PlacementSolver.Solve(topology.Draining(IdOf(0)), policy, before);
        Assert.That(plan.Moves, Is.Empty);
        Assert.That(plan.ShortRows, Is.Zero);
        Assert.That(plan.StuckCopies, Is.EqualTo(64));
    }

    [Test]
    public void A_disk_that_moves_to_the_node_of_another_copy_gives_it_up()
    {
        var disks = Disks(8, disksPerNode: 2);
        var policy = new PoolPolicy { Copies = 2, Groups = 128, FailureDomain = FailureDomain.Node };
        var before = PlacementSolver.Solve(new Topology(disks), policy).Map;
        var topology = new Topology(disks.Select(disk => disk.Id == IdOf(0) ? disk with { Node = "n2" } : disk));
        var plan = PlacementSolver.Solve(topology, policy, before);
        AssertSound(topology, policy, plan.Map);
        Assert.That(plan.ShortRows, Is.Zero);

        // The copy goes to a third node, and the node that gave it up gets another one for it.
        Assert.That(plan.MovedCopies, Is.LessThanOrEqualTo(plan.LeastMovedCopies * 2));
    }

    [TestCase(3, 2)]
    [TestCase(2, 3)]
    public void Copies_can_be_taken_away_and_added(int before, int after)
    {
        var topology = new Topology(Disks(12));
        var policy = new PoolPolicy { Copies = before, Groups = 600 };
        var map = PlacementSolver.Solve(topology, policy).Map;
        var plan = PlacementSolver.Solve(topology, policy with { Copies = after }, map);
        AssertSound(topology, policy with { Copies = after }, plan.Map);
        Assert.That(Held(plan.Map).Values, Is.All.EqualTo(50 * after));
        Assert.That(plan.MovedCopies, Is.LessThanOrEqualTo(after > before ? 600 : 12));
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

    [TestCase(3, 3)]
    [TestCase(8, 3)]
    [TestCase(100, 2)]
    public void Every_disk_is_primary_of_its_share(int disks, int copies)
    {
        var topology = new Topology(Disks(disks).Select((disk, i) => disk with { WeightBytes = disk.WeightBytes * (1 + (i % 3)) }));
        var policy = Policy(disks, copies);
        var map = PlacementSolver.Solve(topology, policy).Map;
        var primaries = Primaries(map);
        foreach (var (disk, held) in Held(map))
            Assert.That(Math.Abs(primaries[disk] - ((double)held / copies)), Is.LessThan(1));
    }

    [Test]
    public void Groups_pair_many_different_disks()
    {
        // When a disk dies, its 100 groups are made anew from many disks at once.
        var topology = new Topology(Disks(120));
        var map = PlacementSolver.Solve(topology, new PoolPolicy { Copies = 3, Groups = 4000 }).Map;
        var partners = Disks(120).Select(disk =>
            map.Rows.Where(row => row.Contains(disk.Id)).SelectMany(row => row).Distinct().Count() - 1);
        Assert.That(partners, Is.All.GreaterThan(70));
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
            var topology = new Topology(present);
            var plan = PlacementSolver.Solve(topology, policy, map);
            map = plan.Map;
            AssertSound(topology, policy, map);
            Assert.That(Held(map).Values.Max(), Is.EqualTo((int)Math.Ceiling(2048.0 / present.Count)));
            Assert.That(map.Version, Is.EqualTo(step + 1));
            Assert.That(plan.MovedCopies, Is.LessThanOrEqualTo((plan.LeastMovedCopies * 1.1) + 1));
        }
    }

    [Test]
    public void A_disk_of_another_class_is_emptied_and_keeps_what_no_other_disk_can_take()
    {
        var policy = new PoolPolicy { Copies = 2, Groups = 64, FailureDomain = FailureDomain.Node, DiskClass = "ssd" };
        var ssd = Disks(3).Select(disk => disk with { Class = "ssd" }).ToList();
        var map = PlacementSolver.Solve(new Topology(ssd), policy).Map;
        var plan = PlacementSolver.Solve(new Topology([ssd[0] with { Class = "hdd" }, ssd[1], ssd[2]]), policy, map);
        Assert.That(plan.Map.Rows.Any(row => row.Contains(ssd[0].Id)), Is.False);
        Assert.That((plan.ShortRows, plan.StuckCopies), Is.EqualTo((0, 0)));
        var last = PlacementSolver.Solve(
            new Topology([ssd[0] with { Class = "hdd" }, ssd[1] with { Class = "hdd" }, ssd[2]]), policy, plan.Map);
        Assert.That((last.ShortRows, last.StuckCopies), Is.EqualTo((0, 64)), "no group loses a copy");
    }
}
