using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

public sealed class EventFinderTests
{
    private readonly EventJournal _journal = new(TimeProvider.System);
    private EventFinder _finder = null!;
    private string? _cursor;

    [SetUp]
    public async Task SetUp()
    {
        _finder = new EventFinder(_journal);
        _cursor = (await _journal.ReadAsync(null, TimeSpan.Zero, default)).NextCursor;
        _finder.Look(Cluster(), [Disk("n1"), Disk("n2")]);
        Assert.That(await NewAsync(), Is.Empty, "the first look is no news");
    }

    [Test]
    public async Task A_node_that_is_lost_comes_back_and_recovers()
    {
        _finder.Look(Cluster("down") with { DegradedGroups = 8, HealthyGroups = 0 }, [Disk("n1"), Disk("n2", "away")]);
        Assert.That(await NewAsync(), Is.EqualTo(["warning node-down n2", "warning disk-away n2/disk0", "warning groups "]));
        _finder.Look(Cluster("down") with { DegradedGroups = 8, HealthyGroups = 0 }, [Disk("n1"), Disk("n2", "away")]);
        Assert.That(await NewAsync(), Is.Empty, "nothing new");
        var recovering = Cluster() with { DegradedGroups = 8, HealthyGroups = 0, RecoveringGroups = 8 };
        _finder.Look(recovering, [Disk("n1"), Disk("n2", "resyncing", 10)]);
        Assert.That(await NewAsync(), Is.EqualTo(["info node-up n2", "info disk-resyncing n2/disk0", "info recovery "]));
        Assert.That(_finder.IsRecovering);
        _finder.Look(recovering, [Disk("n1"), Disk("n2", "resyncing", 12)]);
        Assert.That(await NewAsync(), Is.Empty, "too small a step");
        _finder.Look(recovering, [Disk("n1"), Disk("n2", "resyncing", 60)]);
        Assert.That(await NewAsync(), Is.EqualTo(["info recovery "]));
        _finder.Look(Cluster(), [Disk("n1"), Disk("n2")]);
        Assert.That(await NewAsync(), Is.EqualTo(["info disk-healthy n2/disk0", "info groups ", "info recovery "]));
        Assert.That(_finder.IsRecovering, Is.False);
    }

    [Test]
    public async Task Nodes_and_disks_come_and_go()
    {
        _finder.Look(Cluster() with { Nodes = [FakeNode.NodeOf("n1", "up"), FakeNode.NodeOf("n3", "up")] }, [Disk("n1"), Disk("n3")]);
        Assert.That(
            await NewAsync(),
            Is.EqualTo(
            [
                "info node-added n3", "info node-up n3", "info node-removed n2", "info disk-added n3/disk0", "info disk-removed n2/disk0",
            ]));
    }

    [Test]
    public async Task Groups_that_do_not_serve_are_an_error()
    {
        _finder.Look(Cluster("silent") with { UnavailableGroups = 3, HealthyGroups = 5 }, [Disk("n1"), Disk("n2", "failed")]);
        Assert.That(await NewAsync(), Is.EqualTo(["warning node-silent n2", "error disk-failed n2/disk0", "error groups "]));
    }

    private async Task<List<string>> NewAsync()
    {
        var page = await _journal.ReadAsync(_cursor, TimeSpan.Zero, default);
        _cursor = page.NextCursor;
        return [.. page.Items.Select(item => $"{item.Severity} {item.Kind} {item.Subject}")];
    }

    private static NodeCluster Cluster(string second = "up") =>
        new() { IsAlone = false, Nodes = [FakeNode.NodeOf("n1", "up"), FakeNode.NodeOf("n2", second)], Groups = 8, HealthyGroups = 8 };

    private static DiskView Disk(string node, string state = "healthy", double percent = 100) =>
        new() { Name = "disk0", Node = node, Path = "/disk0", State = state, Id = node, ResyncPercent = percent };
}
