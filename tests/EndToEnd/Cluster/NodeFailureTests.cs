namespace Uss.EndToEnd.Cluster;

/// <summary>
/// Promises 1 and 2 of docs/invariants.md in a cluster of real processes: nodes and etcd are killed, frozen and started
/// under load, and every acknowledged write is there, through every node.
/// </summary>
[TestFixture]
public sealed class NodeFailureTests : ClusterTest
{
    [Test]
    [CancelAfter(TestLimit)]
    public void A_cluster_keeps_every_acknowledged_write()
    {
        var load = StartLoad();
        Suffer(load, "node2 killed", () => Cluster.Dev("kill", "node2"));
        Suffer(load, "node2 started", () => Cluster.Dev("start", "node2"));
        Heal();
        Suffer(load, "node3 killed", () => Cluster.Dev("kill", "node3"));
        Suffer(load, "node3 started", () => Cluster.Dev("start", "node3"));
        Heal();
        Suffer(load, "node2 frozen", () => Cluster.Dev("freeze", "node2"));
        Suffer(load, "node2 thawed", () => Cluster.Dev("thaw", "node2"));
        Heal();
        Suffer(load, "etcd killed", () => Cluster.Dev("kill", "etcd"));
        Suffer(load, "etcd started", () => Cluster.Dev("start", "etcd"));
        Heal();
        Assert.That(load.LostSessions, Is.Zero, "sessions of a front-end that never failed");
        Finish(load);
    }

    [Test]
    [CancelAfter(TestLimit)]
    public void A_killed_front_end_costs_no_acknowledged_write()
    {
        var load = StartLoad();
        for (var round = 0; round < 2; round++)
        {
            var name = $"node{round + 1}";
            Suffer(load, $"{name}, the front-end, killed", () => Cluster.Dev("kill", name));
            Suffer(load, $"{name} started", () => Cluster.Dev("start", name));
            Heal();
        }

        Assert.That(load.LostSessions, Is.GreaterThanOrEqualTo(8), "every session lost its front-end");
        Finish(load);
    }

    [Test]
    [CancelAfter(TestLimit)]
    public void All_nodes_killed_at_once_come_back_with_everything()
    {
        var load = StartLoad();
        for (var round = 0; round < 2; round++)
        {
            Cluster.KillAllNodes();
            for (var index = 1; index <= ClusterProgram.NodeCount; index++)
                Cluster.Dev("start", $"node{index}");
            Suffer(load, "all nodes killed and started", () => { });
            Heal();
        }

        Finish(load);
    }
}
