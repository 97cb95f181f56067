using Uss.Placement;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

public sealed class PoolServiceTests : ServiceFixture
{
    private static readonly Guid[] _ids = [.. Enumerable.Range(1, 4).Select(number => new Guid(number, 0, 0, new byte[8]))];

    [SetUp]
    public void AddPool()
    {
        var topology = new Topology(_ids.Select((id, index) =>
            new TopologyDisk { Id = id, WeightBytes = 1L << 30, Node = $"n{index + 1}", Rack = index < 2 ? "r1" : "r2" }));
        var policy = new PoolPolicy { Name = "p", Copies = 3, Groups = 64, FailureDomain = FailureDomain.Node };
        var view = new PoolView
        {
            Name = "p",
            Copies = 3,
            MinimumCopies = 2,
            FailureDomain = "node",
            Groups = 64,
            DegradedGroups = 0,
            UnavailableGroups = 0,
            Volumes = 0,
            MapVersion = 1,
        };
        Node.Pools.Add(new NodePool(view, policy, PlacementSolver.Solve(topology, policy).Map, topology));
        for (var index = 0; index < _ids.Length; index++)
        {
            Node.Disks.Add(new DiskView
            {
                Name = "disk0",
                Node = $"n{index + 1}",
                Path = "/d/disk0.uss",
                State = "healthy",
                Id = _ids[index].ToString(),
                DataBytes = 1L << 30,
                UsedBytes = 192L << 20,
            });
        }
    }

    [Test]
    public async Task EveryDiskShowsItsShare()
    {
        var disks = Good(await Services.Pools.PlacementAsync("p"));
        Assert.That(disks.Select(disk => disk.Disk), Is.EqualTo(["n1/disk0", "n2/disk0", "n3/disk0", "n4/disk0"]));
        Assert.That((disks.Sum(disk => disk.Copies), disks.Sum(disk => disk.Primaries)), Is.EqualTo((192, 64)));
        Assert.That(disks.Select(disk => (disk.SharePercent, disk.DuePercent)), Is.All.EqualTo((25.0, 25.0)));
    }

    [TestCase("node/n2")]
    [TestCase("disk/n2/disk0")]
    [TestCase("disk/00000002")]
    public async Task TheLossOfANodeIsMadeUpForByTheOthers(string fail)
    {
        var report = Good(await Services.Pools.WhatIfAsync(fail, null)).Single();
        Assert.That((report.Untouched, report.Degraded, report.BelowMinimum, report.Lost), Is.EqualTo((16, 48, 0, 0)));
        Assert.That((report.CopiedBytes, report.Problem), Is.EqualTo((192L << 20, (ProblemItem?)null)));
    }

    [Test]
    public async Task TheLossOfARackSaysWhichRuleFails()
    {
        var report = Good(await Services.Pools.WhatIfAsync("rack/r1", "p")).Single();
        Assert.That((report.BelowMinimum > 0, report.Lost), Is.EqualTo((true, 0)));
        Assert.That(report.Problem?.Code, Is.EqualTo("too-few-domains"));
    }

    [Test]
    public async Task WhatDoesNotExistIsNamed()
    {
        ExpectFault(await Services.Pools.WhatIfAsync("node/n9", null), "domain-not-found", "n9");
        ExpectFault(await Services.Pools.WhatIfAsync("nonsense", null), "bad-domain", "nonsense");
        ExpectFault(await Services.Pools.PlacementAsync("q"), "pool-not-found", "q");
        ExpectFault(await Services.Volumes.CreateAsync(new CreateVolume { Name = "v2", SizeBytes = 1 << 30, Pool = "q" }), "pool-not-found", "q");
    }

    [Test]
    public async Task APoolIsCreatedAsAsked()
    {
        Good(await Services.Pools.CreateAsync(new CreatePool { Name = "far", Copies = 2, FailureDomain = "rack", Class = "ssd" }));
        Assert.That((Node.Asked[0].FailureDomain, Node.Asked[0].MinimumCopies), Is.EqualTo((FailureDomain.Rack, (int?)null)));
        Assert.That(Node.Asked[0].DiskClass, Is.EqualTo("ssd"));
        ExpectFault(await Services.Pools.CreateAsync(new CreatePool { Name = "far", Copies = 2, FailureDomain = "shelf" }), "bad-failure-domain");
    }

    [Test]
    public async Task APoolAndANumberOfCopiesDoNotGoTogether()
    {
        var both = new CreateVolume { Name = "v2", SizeBytes = 1 << 30, Pool = "p", Copies = 2 };
        ExpectFault(await Services.Volumes.CreateAsync(both), "bad-pool");
        Assert.That(Good(await Services.Volumes.CreateAsync(both with { Copies = null })).Pool, Is.EqualTo("p"));
    }

    [Test]
    public async Task A_recovery_is_planned_for_the_groups_that_need_it_and_must_be_confirmed()
    {
        var plans = Good(await Services.Recovery.PlanAsync("p", null, "n2/disk0"));
        Assert.That(plans.Select(plan => (plan.Group, plan.From)), Is.EqualTo([(3, _ids[1].ToString())]));
        Assert.That((await Services.Recovery.PlanAsync("p", 4, "n2/disk0")).Fault!.Code, Is.EqualTo("group-serves"));
        Assert.That((await Services.Recovery.PlanAsync("p", 3, "n9/disk0")).Fault!.Code, Is.EqualTo("disk-not-found"));
        var body = new RecoverGroup { Pool = "p", Group = 3, From = "n2/disk0", Epoch = 7 };
        Assert.That((await Services.Recovery.RecoverAsync(body)).Fault!.Code, Is.EqualTo("confirmation-required"));
        Assert.That((await Services.Recovery.RecoverAsync(body with { Confirm = "p" })).Value!.Epoch, Is.EqualTo(7));
    }
}
