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
