using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

public sealed class HealthServiceTests : ServiceFixture
{
    [Test]
    public async Task AHealthyServiceHasNothingToTell()
    {
        var health = Good(await Services.Health.GetAsync());
        Assert.That((health.State, health.Problems.Count), Is.EqualTo(("healthy", 0)));
    }

    [Test]
    public async Task TheWorstComesFirstAndSaysWhatFollowsAndWhatMendsIt()
    {
        Node.Disks.Add(new DiskView
        {
            Name = "disk1",
            Path = "/d/disk1.uss",
            State = "failed",
            Problem = new ProblemItem("disk-missing", "'/d/disk1.uss' does not exist.", "See `uss disk show disk1`, then bring it back."),
        });
        var problem = new ProblemItem("volume-failed", "v1: disk1.", "Wait.");
        Node.Volumes["v1"] = Node.Volumes["v1"] with { State = "failed", Problem = problem };
        var health = Good(await Services.Health.GetAsync());
        Assert.That(health.State, Is.EqualTo("failed"));
        Assert.That(
            health.Problems.Select(item => (item.Code, item.Severity, item.Command)),
            Is.EqualTo([("volume-failed", "failed", (string?)null), ("disk-missing", "degraded", "uss disk show disk1")]));
        Assert.That(health.Problems.Select(item => item.Effect), Has.All.Not.Empty);
    }

    [Test]
    public async Task ANodeThatIsDownIsToldWithItsEffectOnTheCluster()
    {
        IReadOnlyList<NodeView> nodes = [FakeNode.NodeOf("n1", "up"), FakeNode.NodeOf("n2", "down")];
        Node.Cluster = new NodeCluster { IsAlone = false, Nodes = nodes, Groups = 8, DegradedGroups = 3 };
        var problem = Good(await Services.Health.GetAsync()).Problems.Single();
        Assert.That(problem.Code, Is.EqualTo("node-down"));
        Assert.That(problem.Effect, Is.EqualTo("Everything is served, 3 of 8 placement groups with fewer copies."));
        Assert.That(problem.Command, Does.StartWith("uss "));
    }
}
