using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

public sealed class ClusterRulesTests : ServiceFixture
{
    [Test]
    public async Task ANodeThatIsAloneShowsNoCluster() =>
        Assert.That(Good(await Services.Node.StatusAsync()).Cluster, Is.Null);

    [Test]
    public async Task AHealthyClusterSaysHowMuchMayFail()
    {
        Node.Cluster = Cluster(healthy: 64, fewestCopies: 3, fewestSpare: 1) with { BlocksResynced = 26_214 };
        var status = Good(await Services.Node.StatusAsync());
        Assert.That((status.State, status.Problems.Count), Is.EqualTo(("healthy", 0)));
        Assert.That(status.Cluster!.BlocksResynced, Is.EqualTo(26_214));
        Assert.That(status.Cluster!.CoordinationReachable, Is.True);
        Assert.That(
            status.Cluster.Redundancy,
            Is.EqualTo("every block has 3 copies; 2 losses of a copy can be survived without loss of data, 1 without a wait"));
    }

    [TestCase("down", "node-down", "uss dev start node2")]
    [TestCase("silent", "node-silent", "uss dev thaw node2")]
    [TestCase("refused", "node-refused", "start the one that does not with --tls")]
    public async Task ANodeThatIsNotUpIsAProblemWithItsEffectAndItsFix(string state, string code, string fix)
    {
        Node.Cluster = Cluster(healthy: 40, degraded: 24, fewestCopies: 2, fewestSpare: 0, states: ["up", state, "up"]);
        var status = Good(await Services.Node.StatusAsync());
        var problem = status.Problems.Single();
        Assert.That((status.State, problem.Code), Is.EqualTo(("degraded", code)));
        Assert.That(problem.Message, Does.Contain("node2").And.Contain("24 of 64 placement groups"));
        Assert.That(problem.Fix, Does.Contain(fix));
        Assert.That(status.Cluster!.Redundancy, Does.Contain("at least 2 copies").And.Contain("waits"));
    }

    [TestCase(1, 0, "every block has 1 copy; the loss of one more copy is a loss of data")]
    [TestCase(0, 64, "nothing is served")]
    public void WordsTellWhatIsLeft(int fewestCopies, int unavailable, string expected) => Assert.That(
        ClusterRules.RedundancyOf(Cluster(healthy: 64 - unavailable, unavailable: unavailable, fewestCopies: fewestCopies)),
        Is.EqualTo(expected));

    [Test]
    public async Task ASilentCoordinationStoreIsAProblemOfTheCluster()
    {
        Node.Cluster = Cluster(healthy: 64, fewestCopies: 3, fewestSpare: 1);
        Records.IsAvailable = false;
        var status = Good(await Services.Node.StatusAsync());
        Assert.That(status.Cluster!.CoordinationReachable, Is.False);
        Assert.That(status.Problems.Single().Code, Is.EqualTo("coordination-away"));
    }

    [Test]
    public async Task DisksOfSeveralNodesAreToldApart()
    {
        Node.Disks.Add(new DiskView { Name = "disk0", Node = "node1", Path = "/1/disk0.uss", State = "healthy", DataBytes = 10, UsedBytes = 1 });
        Node.Disks.Add(new DiskView { Name = "disk0", Node = "node2", Path = "/2/disk0.uss", State = "away", DataBytes = 10 });
        Assert.That(Good(await Services.Node.DiskAsync("node2/disk0")).Path, Is.EqualTo("/2/disk0.uss"));
        Assert.That(Good(await Services.Node.DiskAsync("disk0")).Node, Is.EqualTo("node1"));
        var status = Good(await Services.Node.StatusAsync());
        Assert.That((status.Disks, status.UsedBytes, status.DataBytes), Is.EqualTo((2, 1, 10)));
    }

    private static NodeCluster Cluster(
        int healthy,
        int degraded = 0,
        int unavailable = 0,
        int fewestCopies = 0,
        int fewestSpare = 0,
        string[]? states = null) => new()
        {
            IsAlone = false,
            Nodes = [.. (states ?? ["up", "up", "up"]).Select((state, index) => View($"node{index + 1}", state))],
            Groups = healthy + degraded + unavailable,
            HealthyGroups = healthy,
            DegradedGroups = degraded,
            UnavailableGroups = unavailable,
            FewestCopies = fewestCopies,
            FewestSpare = fewestSpare,
        };

    private static NodeView View(string name, string state) => new()
    {
        Name = name,
        State = state,
        Refusal = state == "refused" ? new ProblemItem("rpc-refused-tls", "One encrypts.", "start the one that does not with --tls") : null,
        Address = "127.0.0.1:7400",
        Rack = "rack",
        Site = "site",
        Disks = 1,
        DataBytes = 10,
        PrimaryGroups = 0,
        InSyncGroups = 0,
        IsAsked = name == "node1",
    };
}
