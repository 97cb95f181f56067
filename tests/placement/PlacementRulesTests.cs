using static Uss.Placement.Tests.Maps;

namespace Uss.Placement.Tests;

[TestFixture]
public sealed class PlacementRulesTests
{
    private static readonly PoolPolicy _policy = new() { Name = "p", Copies = 3, Groups = 64 };

    [Test]
    public void A_pool_that_fits_has_no_fault() =>
        Assert.That(PlacementRules.Check(new Topology(Disks(3)), _policy with { FailureDomain = FailureDomain.Node }), Is.Null);

    [Test]
    public void Too_few_racks_are_named()
    {
        var disks = Disks(8, nodesPerRack: 4).Select(disk => disk with { Class = "ssd" }).Append(Disks(9, nodesPerRack: 4)[8]);
        var policy = _policy with { DiskClass = "ssd", FailureDomain = FailureDomain.Rack };
        Assert.That(PlacementRules.Check(new Topology(disks), policy)?.ToString(), Is.EqualTo(
            "pool 'p' asks for 3 copies on different racks with disks of class ssd; there are 2: r1, r2. " +
            "Add a rack with a disk of class ssd, give a disk of another rack that class with `uss disk set`, tell with `uss node set` " +
            "in which rack nodes stand or lower the failure domain."));
    }

    [Test]
    public void A_disk_that_drains_does_not_count()
    {
        var fault = PlacementRules.Check(new Topology(Disks(3)).Draining(IdOf(1)), _policy with { FailureDomain = FailureDomain.Node });
        Assert.That(fault?.Code, Is.EqualTo("too-few-domains"));
        Assert.That(fault?.Message, Is.EqualTo(
            "pool 'p' asks for 3 copies on different nodes; there are 2 (without a disk that drains): n1, n3."));
    }

    [Test]
    public void Racks_of_the_same_name_are_told_apart()
    {
        var disks = Disks(2).Select((disk, i) => disk with { Site = "s" + i });
        Assert.That(
            PlacementRules.Check(new Topology(disks), _policy with { FailureDomain = FailureDomain.Rack })?.Message,
            Does.EndWith("there are 2: s0/r1, s1/r1."));
    }

    [Test]
    public void A_class_without_disks_is_told_with_those_that_there_are()
    {
        var fault = PlacementRules.Check(new Topology(Disks(3)), _policy with { DiskClass = "nvme" });
        Assert.That(fault?.ToString(), Is.EqualTo(
            "pool 'p' asks for disks of class nvme; there are classes: any. Add a disk of class nvme or change the class that the pool asks for."));
        Assert.That(PlacementRules.Check(new Topology([]), _policy)?.Code, Is.EqualTo("no-disks"));
    }

    [TestCase(0, 1, 64)]
    [TestCase(17, 2, 64)]
    [TestCase(3, 0, 64)]
    [TestCase(3, 4, 64)]
    [TestCase(3, 2, 0)]
    [TestCase(3, 2, PoolPolicy.MaximumGroups + 1)]
    public void A_policy_that_makes_no_sense_is_refused(int copies, int minimum, int groups)
    {
        var policy = new PoolPolicy { Copies = copies, MinimumCopies = minimum, Groups = groups };
        Assert.That(PlacementRules.Check(new Topology(Disks(20)), policy)?.Code, Is.EqualTo("bad-policy"));
        Assert.That(() => PlacementSolver.Solve(new Topology(Disks(20)), policy), Throws.ArgumentException);
    }

    [TestCase(1, 1)]
    [TestCase(2, 1)]
    [TestCase(3, 2)]
    [TestCase(5, 2)]
    public void The_minimum_of_copies_has_a_default(int copies, int minimum) =>
        Assert.That(new PoolPolicy { Copies = copies, Groups = 64 }.MinimumCopies, Is.EqualTo(minimum));
}
