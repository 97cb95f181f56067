using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

public sealed class NodeServiceTests : ServiceFixture
{
    [Test]
    public async Task AHealthyNodeHasNoProblems()
    {
        Good(await MapAsync("v1", 1));
        var status = Good(await Services.Node.StatusAsync());
        Assert.That((status.State, status.Problems.Count, status.Volumes, status.Luns), Is.EqualTo(("healthy", 0, 2, 1)));
    }

    [Test]
    public async Task AFailedDiskIsAProblemWithAFix()
    {
        Node.Disks.Add(new DiskView
        {
            Name = "disk1",
            Path = "/d/disk1.uss",
            State = "failed",
            Problem = new ProblemItem("disk-missing", "'/d/disk1.uss' does not exist.", "Bring it back."),
        });
        var status = Good(await Services.Node.StatusAsync());
        Assert.That(status.State, Is.EqualTo("degraded"));
        Assert.That(status.Problems.Single().Message, Does.Contain("disk1.uss"));
    }

    [TestCase("degraded")]
    [TestCase("failed")]
    public async Task AVolumeThatIsNotHealthySaysWhyAndIsCounted(string state)
    {
        Node.Volumes["v1"] = Node.Volumes["v1"] with { State = state, Problem = new ProblemItem("volume-" + state, "v1: disk1.", "Do.") };
        var status = Good(await Services.Node.StatusAsync());
        Assert.That(status.State, Is.EqualTo(state));
        Assert.That((status.DegradedVolumes, status.FailedVolumes), Is.EqualTo(state == "failed" ? (0, 1) : (1, 0)));
        Assert.That(status.Problems.Single().Message, Is.EqualTo("v1: disk1."));
        Assert.That(Good(await Services.Volumes.GetAsync("v1")).Problem?.Fix, Is.EqualTo("Do."));
    }

    [TestCase(79, null, null)]
    [TestCase(80, null, "disk-nearly-full")]
    [TestCase(10, 100L << 20, "host-nearly-full")]
    [TestCase(10, 10L << 30, null)]
    public async Task SpaceThatRunsOutIsAProblem(long usedBytes, long? hostFreeBytes, string? code)
    {
        Node.Disks.Add(new DiskView
        {
            Name = "disk0",
            Path = "/d/disk0.uss",
            State = "healthy",
            SizeBytes = 20L << 30,
            HostFreeBytes = hostFreeBytes,
            DataBytes = 100,
            UsedBytes = usedBytes,
            Figures = new DiskFigures
            {
                DataBytes = 100,
                UsedBytes = usedBytes,
                Objects = 0,
                MemoryBytes = 0,
                BytesAccepted = 0,
                BytesWritten = 0,
                Flushes = 0,
                DamagedBlocks = 0,
                Checkpoints = 0,
                LogBytes = 0,
            },
        });
        Assert.That(Good(await Services.Node.StatusAsync()).Problems.SingleOrDefault()?.Code, Is.EqualTo(code));
    }

    [Test]
    public async Task DiscoverySessionsAreNotCounted()
    {
        Node.Sessions.Add(Session("discovery"));
        Node.Sessions.Add(Session("normal"));
        Assert.That(Good(await Services.Node.StatusAsync()).Sessions, Is.EqualTo(1));
        Assert.That(await Services.Node.SessionsAsync(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task DisksAreFoundByNameAndPath()
    {
        Node.Disks.Add(new DiskView { Name = "disk0", Path = "/d/disk0.uss", State = "healthy" });
        Assert.That(Good(await Services.Node.DiskAsync("disk0")).Path, Is.EqualTo("/d/disk0.uss"));
        Assert.That(Good(await Services.Node.DiskAsync("/d/disk0.uss")).Name, Is.EqualTo("disk0"));
        ExpectFault(await Services.Node.DiskAsync("disk1"), "disk-not-found", "disk1");
    }

    private static SessionView Session(string kind) => new()
    {
        Initiator = Iqn,
        Address = "127.0.0.1:1",
        Tsih = 1,
        Kind = kind,
        Since = DateTimeOffset.UnixEpoch,
        Commands = 0,
        BytesRead = 0,
        BytesWritten = 0,
    };
}
