using System.Text.Json;
using Uss.EndToEnd.Crashes;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>Nodes and disks are drained, removed, added and stopped with the program's commands while clients write.</summary>
[TestFixture]
public sealed class DrainTests : ClusterTest
{
    private const int NotFound = 4;
    private const int Conflict = 5;

    [Test]
    [CancelAfter(TestLimit)]
    public void A_node_is_drained_and_removed_under_load()
    {
        var load = StartLoad(nodes: 4);
        Expect(Cluster.At(1, "node", "rm", "node4", "--confirm", "node4"), Conflict, "have a copy there");
        Assert.That(Cluster.At(1, "placement", "plan", "--drain", "node4").Succeeded(), Does.Contain("COPIES TO MOVE"));
        Suffer(load, "node4 drained", () =>
        {
            var told = Cluster.At(1, "node", "drain", "node4", "--wait", "--yes").Succeeded();
            Assert.That(told, Does.Contain("copies are left").And.Contain("node4 is drained"));
        });
        Assert.That(Node(1, "node4").GetProperty("mode").GetString(), Is.EqualTo("drained"));
        Assert.That(Node(2, "node4").GetProperty("copies").GetInt32(), Is.Zero);
        Assert.That(Disks(4).Single().GetProperty("copies").GetInt32(), Is.Zero);

        // Three nodes must stay for three copies.
        Expect(Cluster.At(1, "node", "drain", "node3", "--yes"), 1, "3 copies on different nodes");
        Suffer(load, "node4 removed", () => Cluster.At(1, "node", "rm", "node4", "--confirm", "node4").Succeeded());
        Eventually(() => Local("node4") == "down");
        Expect(Cluster.Uss("dev", "start", "node4", "--data", Cluster.DataFolder), 1, "it was removed");
        Cluster.Nodes = 3;
        Assert.That(Nodes(3).Select(node => node.GetProperty("name").GetString()), Is.EqualTo(["node1", "node2", "node3"]));
        Expect(Cluster.At(1, "node", "rm", "node4", "--confirm", "node4"), NotFound, "node4");
        Heal();
        Assert.That(load.LostSessions, Is.Zero, "sessions of a front-end that stays");
        Finish(load);
    }

    [Test]
    [CancelAfter(TestLimit)]
    public void A_disk_takes_the_place_of_another_under_load_and_a_node_is_stopped_for_maintenance()
    {
        var load = StartLoad();
        Assert.That(Cluster.At(3, "disk", "safe-to-pull", "node1/disk0").Succeeded(), Does.StartWith("yes"));
        Cluster.Dev("kill", "node2");
        Expect(Cluster.At(3, "disk", "safe-to-pull", "node1/disk0"), 1, "no:");
        Cluster.Dev("start", "node2");
        Heal();
        Eventually(() => Cluster.At(3, "disk", "safe-to-pull", "node1/disk0").ExitCode == 0);

        Expect(Cluster.At(1, "disk", "rm", "node1/disk0", "--confirm", "node1/disk0"), 1, "3 copies on different nodes");
        Expect(Cluster.At(3, "disk", "rm", "disk0", "--confirm", "disk0"), 2, "node1/disk0");
        var path = Path.Combine(Cluster.FolderOf(1), "disk1.uss");
        Suffer(load, "node1/disk1 added", () => Cluster.At(1, "disk", "add", path, "--size", "8G", "--yes").Succeeded());
        Suffer(
            load, "node1/disk0 drained and removed", () => Cluster.At(1, "disk", "rm", "node1/disk0", "--confirm", "node1/disk0").Succeeded());
        Eventually(() => Disks(1).Select(disk => disk.GetProperty("name").GetString()).SequenceEqual(["disk1"]));
        Assert.That(Disks(1).Single().GetProperty("copies").GetInt32(), Is.GreaterThan(0));

        // The removed one stays away when its node starts again.
        Suffer(load, "node1, the front-end, stopped and started", () =>
        {
            Cluster.Dev("stop", "node1");
            Cluster.Dev("start", "node1");
        });
        Heal();
        Assert.That(Disks(1).Select(disk => disk.GetProperty("name").GetString()), Is.EqualTo(["disk1"]));
        Assert.That(Cluster.At(2, "disk", "safe-to-pull", "node1/disk1").Succeeded(), Does.StartWith("yes"));

        Suffer(load, "node2 in maintenance", () =>
        {
            Cluster.At(1, "node", "maintenance", "node2", "on", "--yes").Succeeded();
            Eventually(() => Node(1, "node2").GetProperty("primaryGroups").GetInt32() == 0);
        });
        Suffer(load, "node2 stopped", () => Cluster.Dev("stop", "node2"));
        Suffer(load, "node2 started", () => Cluster.Dev("start", "node2"));
        Cluster.At(1, "node", "maintenance", "node2", "off").Succeeded();
        Suffer(load, "node2 leads again", () => Eventually(() => Node(1, "node2").GetProperty("primaryGroups").GetInt32() > 0));
        Heal();
        Finish(load);
    }

    private List<JsonElement> Nodes(int at) => List(Cluster.At(at, "node", "ls", "-o", "json"));

    private JsonElement Node(int at, string name) => Nodes(at).Single(node => node.GetProperty("name").GetString() == name);

    // A node's disks, as node2 sees them.
    private List<JsonElement> Disks(int node) =>
        List(Cluster.At(2, "disk", "ls", "-o", "json")).FindAll(disk => disk.GetProperty("node").GetString() == $"node{node}");

    private string? Local(string name) => List(Cluster.Uss("dev", "ls", "-o", "json", "--data", Cluster.DataFolder))
        .Single(member => member.GetProperty("name").GetString() == name).GetProperty("state").GetString();

    private static List<JsonElement> List(ProgramResult result) => [.. JsonDocument.Parse(result.Succeeded()).RootElement.EnumerateArray()];

    private static void Expect(ProgramResult result, int exitCode, string named)
    {
        Assert.That(result.ExitCode, Is.EqualTo(exitCode), $"{result.Program}: {result.Output}");
        Assert.That(result.Output, Does.Contain(named));
    }

    private static void Eventually(Func<bool> condition)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (!condition())
        {
            Assert.That(clock.Elapsed, Is.LessThan(Limit), "it did not happen");
            Thread.Sleep(200);
        }
    }
}
