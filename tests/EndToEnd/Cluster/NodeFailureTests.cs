using Uss.EndToEnd.Crashes;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>
/// Promises 1 and 2 of docs/invariants.md in a cluster of real processes: nodes and etcd are killed, frozen and started
/// under load, and every acknowledged write is there, through every node.
/// </summary>
[TestFixture]
public sealed class NodeFailureTests : EndToEndTest
{
    private const int TestLimit = 240_000;
    private const long UsedBytes = 1L << 30;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private ClusterProgram? _cluster;

    private ClusterProgram Cluster => _cluster!;

    [TearDown]
    public void EndCluster()
    {
        if (_cluster is null)
            return;
        if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed)
            TestContext.Out.WriteLine(_cluster.LastWords());
        _cluster.Dispose();
        _cluster = null;
    }

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

    // A load of eight sessions through the first portal; those that lose it go on through the next one.
    private StampedLoad StartLoad()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        _cluster = ClusterProgram.Start(Sandbox, Folder["data"]);
        Heal();
        var load = new StampedLoad(Sandbox, () => ClusterProgram.Portals, 0, UsedBytes, seed) { CommandLimitSeconds = 20 };
        load.Start();
        load.ProgressOfEach(50, Limit);
        load.TakeLongestWait();
        return load;
    }

    // Does something to the cluster under load and waits until every session goes on.
    private static void Suffer(StampedLoad load, string what, Action act)
    {
        var before = load.AcknowledgedWrites;
        act();
        load.ProgressOfEach(50, Limit);
        TestContext.Out.WriteLine(
            $"{what}: longest wait {load.TakeLongestWait().TotalSeconds:F2} s, {load.AcknowledgedWrites - before} writes acknowledged meanwhile");
    }

    private void Heal() => TestContext.Out.WriteLine($"healthy after {Cluster.AwaitHealthy(Limit).TotalSeconds:F1} s");

    private void Finish(StampedLoad load)
    {
        load.Stop();
        foreach (var portal in ClusterProgram.Portals)
            load.Verify(portal);
        TestContext.Out.WriteLine($"{load.AcknowledgedWrites} writes acknowledged, {load.LostSessions} sessions lost, {load.BusyAnswers} times BUSY");
        Cluster.Stop();
    }
}
