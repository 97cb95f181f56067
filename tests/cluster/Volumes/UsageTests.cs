namespace Uss.Volumes.Tests;

/// <summary>What volumes hold, as each node of a cluster says.</summary>
[TestFixture]
public sealed class UsageTests
{
    private const long ToldNs = 40_000_000_000;

    [Test]
    public void Every_node_says_the_same_of_a_volume_also_after_one_is_lost_and_back()
    {
        using var cluster = new TopologyFixture(4);
        var expected = cluster.CreateVolume(copies: 3);
        cluster.World.RunFor(ToldNs);
        Expect(cluster, expected.Length);
        cluster.Kill(cluster.Members[2]);
        cluster.World.RunFor(ToldNs);
        Expect(cluster, expected.Length);
        cluster.Write(cluster.Members[1], 0, expected[..(1 << 20)]);
        cluster.Start(cluster.Members[2]);
        cluster.Await(() => cluster.Members.TrueForAll(cluster.IsConnected) && cluster.IsSettled(3), "it is back");
        cluster.World.RunFor(ToldNs);
        Expect(cluster, expected.Length);

        // Of a volume that is gone nobody says anything.
        Assert.That(cluster.Run(cluster.Members[0], node => node.Volumes.RemoveAsync("v")), Is.Null);
        var made = cluster.Run(cluster.Members[3], node => node.Volumes.CreateAsync(
            new VolumeSpecification { Name = "v", SizeBytes = 1 << 20, Copies = 3 }));
        Assert.That((made.Fault, made.Value?.UsedBytes), Is.EqualTo(((Runtime.Fault?)null, 0L)));
    }

    private static void Expect(TopologyFixture cluster, long usedBytes)
    {
        foreach (var member in cluster.Members.Where(member => member.Node is not null))
            Assert.That(member.Node!.Volumes.Describe("v")!.UsedBytes, Is.EqualTo(usedBytes), member.Name);
    }
}
