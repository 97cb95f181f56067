using static Uss.Placement.Tests.Maps;

namespace Uss.Placement.Tests;

[TestFixture]
public sealed class WhatIfTests
{
    private const long Terabyte = 1L << 40;

    // Four nodes of two disks of 1 TiB, 3 copies, 192 groups: 72 copies a disk, 144 a node.
    private static readonly Topology _topology = new(Disks(8, disksPerNode: 2, nodesPerRack: 2));
    private static readonly PoolPolicy _policy = new() { Name = "p", Copies = 3, Groups = 192, FailureDomain = FailureDomain.Node };
    private static readonly PlacementMap _map = PlacementSolver.Solve(_topology, _policy).Map;

    [Test]
    public void The_loss_of_a_node_degrades_its_groups()
    {
        // 1 GiB a group; 192 MiB a second.
        var usage = PoolUsage.Even(192L << 30, 192, 192 << 20);
        var report = WhatIf.Fail(_topology, _map, _policy, "node/n2", usage).Value!;
        Assert.That((report.Untouched, report.Degraded, report.BelowMinimum, report.Lost), Is.EqualTo((48, 144, 0, 0)));
        Assert.That(report.Cost.MovedBytes, Is.EqualTo(144L << 30));
        Assert.That(report.Cost.LeastMovedBytes, Is.EqualTo(144L << 30));
        Assert.That(report.Cost.GroupsByCopies, Is.EqualTo((int[])[0, 0, 144, 48]));
        Assert.That(report.Problem, Is.Null);
        Assert.That(report.FullestBefore, Is.EqualTo((72L << 30) / (double)Terabyte));
        Assert.That(report.Cost.Fullest!.Fullness, Is.EqualTo((96L << 30) / (double)Terabyte));

        // Every disk gets 24 groups and reads about as many: some 5 s a group.
        Assert.That(report.Cost.Duration, Is.InRange(TimeSpan.FromSeconds(48 * 5.3), TimeSpan.FromSeconds(80 * 5.4)));
        Assert.That(report.Cost.Disks.Sum(disk => disk.ReadBytes), Is.EqualTo(144L << 30));
    }

    [TestCase("disk/00000001-0000-0000-0000-000000000000", 120, 72, 0, 0)]
    [TestCase("disk/00000001", 120, 72, 0, 0)]
    [TestCase("rack/r1", 0, 96, 96, 0)]
    [TestCase("rack/site/r1", 0, 96, 96, 0)]
    [TestCase("site/site", 0, 0, 0, 192)]
    public void Groups_are_told_by_what_is_left(string domain, int untouched, int degraded, int below, int lost)
    {
        var report = WhatIf.Fail(_topology, _map, _policy, domain, PoolUsage.Even(192 << 10, 192, 1)).Value!;
        Assert.That((report.Untouched, report.Lost), Is.EqualTo((untouched, lost)));
        Assert.That(report.Degraded + report.BelowMinimum, Is.EqualTo(degraded + below));
        Assert.That(report.BelowMinimum, Is.EqualTo(below));
        Assert.That(report.LostBytes, Is.EqualTo(lost << 10));
    }

    [Test]
    public void Every_group_is_in_one_class()
    {
        foreach (var disk in _topology.Disks)
        {
            var report = WhatIf.Fail(_topology, _map, _policy, "disk/" + disk.Id).Value!;
            Assert.That(report.Untouched + report.Degraded + report.BelowMinimum + report.Lost, Is.EqualTo(192));
            Assert.That(report.Cost.MovedBytes, Is.Zero);
            Assert.That(report.Recovery.MovedCopies, Is.GreaterThanOrEqualTo(72));
        }
    }

    [Test]
    public void What_cannot_be_placed_again_is_said()
    {
        var three = new Topology(Disks(3));
        var map = PlacementSolver.Solve(three, _policy).Map;
        var report = WhatIf.Fail(three, map, _policy, "node/n1").Value!;
        Assert.That(report.Degraded, Is.EqualTo(192));
        Assert.That(report.Problem?.Message, Is.EqualTo("pool 'p' asks for 3 copies on different nodes; there are 2: n2, n3."));
        Assert.That(report.Recovery.MovedCopies, Is.Zero);
    }

    [Test]
    public void Data_that_would_not_fit_is_said()
    {
        var report = WhatIf.Fail(_topology, _map, _policy, "node/n1", PoolUsage.Even(9 * Terabyte / 4, 192, 1)).Value!;
        Assert.That(report.FullestBefore, Is.EqualTo(0.84375));
        Assert.That(report.Problem?.Code, Is.EqualTo("too-full"));
        Assert.That(report.Problem?.Message, Does.EndWith("to 112 % of what it can take."));
    }

    [Test]
    public void Lost_data_is_not_counted_as_made_anew()
    {
        var one = _policy with { Copies = 1 };
        var map = PlacementSolver.Solve(_topology, one).Map;
        var report = WhatIf.Fail(_topology, map, one, "node/n1", PoolUsage.Even(192, 192, 1)).Value!;
        Assert.That((report.Lost, report.LostBytes, report.Cost.MovedBytes), Is.EqualTo((48, 48L, 0L)));
        Assert.That(report.Cost.GroupsBelowMinimum, Is.EqualTo(48));
    }

    [TestCase("n2", "bad-domain")]
    [TestCase("", "bad-domain")]
    [TestCase("node/", "bad-domain")]
    [TestCase("room/r", "bad-domain")]
    [TestCase("node/n9", "unknown-domain")]
    [TestCase("disk/000", "unknown-domain")]
    [TestCase("disk/0000", "ambiguous-domain")]
    public void A_name_that_fits_no_domain_is_refused(string name, string code) =>
        Assert.That(WhatIf.Fail(_topology, _map, _policy, name).Fault?.Code, Is.EqualTo(code));

    [Test]
    public void Faults_of_names_say_what_there_is()
    {
        Assert.That(
            DomainSelection.Find(_topology, "node/n9").Fault?.ToString(),
            Is.EqualTo("There is no node 'n9'. Name one of these: n1, n2, n3, n4."));
        var twice = new Topology(Disks(2).Select((disk, i) => disk with { Site = "s" + i }));
        Assert.That(
            DomainSelection.Find(twice, "rack/r1").Fault?.ToString(),
            Is.EqualTo("'rack/r1' can be any of 2 racks: s0/r1, s1/r1. Write the name in full, for example rack/s0/r1."));
        Assert.That(DomainSelection.Find(twice, "rack/s1/r1").Value?.Disks.Select(disk => disk.Id), Is.EqualTo((Guid[])[IdOf(1)]));
    }
}
