using System.Text.Json;
using Uss.EndToEnd.Crashes;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>Pools that ask for a class of disks and for racks, made with the program's commands on three nodes that serve.</summary>
[TestFixture]
public sealed class PoolTests : ClusterTest
{
    private const long UsedBytes = 256L << 20;

    [Test]
    [CancelAfter(TestLimit)]
    public void A_pool_is_made_of_disks_of_a_class_and_another_of_racks()
    {
        StartCluster();
        for (var node = 1; node <= 2; node++)
            AddDisk(node);
        Expect(
            Cluster.At(1, "pool", "create", "fast", "--copies", "3", "--min-copies", "2", "--failure-domain", "node", "--class", "ssd"),
            "pool 'fast' asks for 3 copies on different nodes with disks of class ssd; there are 2: node1, node2.");
        AddDisk(3);
        Cluster.At(2, "pool", "create", "fast", "--copies", "3", "--min-copies", "2", "--failure-domain", "node", "--class", "ssd")
            .Succeeded();
        Cluster.At(3, "volume", "create", "v", "--size", "10G", "--pool", "fast").Succeeded();
        Cluster.At(3, "lun", "map", "v", "--lun", "1").Succeeded();
        Heal();
        var load = new StampedLoad(Sandbox, () => ClusterProgram.Portals, 1, UsedBytes, 7, extentCount: 256) { CommandLimitSeconds = 20 };
        load.Start();
        load.ProgressOfEach(50, Limit);
        var disks = List(Cluster.At(1, "placement", "show", "--pool", "fast", "-o", "json"));
        Assert.That(disks.Select(disk => disk.GetProperty("disk").GetString()), Is.EqualTo(["node1/disk1", "node2/disk1", "node3/disk1"]));
        Expect(Cluster.At(1, "disk", "set", "node2/disk1", "--class", "hdd", "--yes"), "disks of class ssd; there are 2: node1, node3.");

        Expect(Cluster.At(1, "pool", "create", "far", "--failure-domain", "rack"), "3 copies on different racks; there is 1: rack.");
        for (var node = 1; node <= 3; node++)
            Cluster.At(4 - node, "node", "set", $"node{node}", "--rack", $"r{node}", "--yes").Succeeded();
        Cluster.At(1, "pool", "create", "far", "--failure-domain", "rack").Succeeded();
        Expect(Cluster.At(1, "node", "set", "node3", "--rack", "r1", "--yes"), "3 copies on different racks; there are 2: r1, r2.");
        var racks = List(Cluster.At(2, "node", "ls", "-o", "json")).Select(node => node.GetProperty("rack").GetString());
        Assert.That(racks, Is.EqualTo(["r1", "r2", "r3"]));

        // Of the pool of a class, too, a node may die.
        Cluster.Dev("kill", "node2");
        load.ProgressOfEach(50, Limit);
        Cluster.Dev("start", "node2");
        Heal();
        Assert.That(List(Cluster.At(2, "node", "ls", "-o", "json"))[1].GetProperty("rack").GetString(), Is.EqualTo("r2"));
        Finish(load);
    }

    private void AddDisk(int node)
    {
        var path = Path.Combine(Cluster.FolderOf(node), "disk1.uss");
        Cluster.At(node, "disk", "add", path, "--size", "2G", "--class", "ssd", "--yes").Succeeded();
    }

    private static List<JsonElement> List(ProgramResult result) => [.. JsonDocument.Parse(result.Succeeded()).RootElement.EnumerateArray()];

    private static void Expect(ProgramResult result, string named)
    {
        Assert.That(result.ExitCode, Is.EqualTo(1), $"{result.Program}: {result.Output}");
        Assert.That(result.Output, Does.Contain(named));
    }
}
