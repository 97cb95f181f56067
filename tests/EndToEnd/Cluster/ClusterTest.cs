using Uss.EndToEnd.Crashes;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>A test with a cluster of real nodes and a load of stamped blocks on its volume <c>demo</c>.</summary>
public abstract class ClusterTest : EndToEndTest
{
    private protected const int TestLimit = 240_000;

    private const long UsedBytes = 1L << 30;

    // Few enough that what was written while a node was away is soon copied to it, though a busy client goes first.
    private const int Extents = 256;

    private ClusterProgram? _cluster;

    private protected static TimeSpan Limit { get; } = TimeSpan.FromSeconds(60);

    private protected ClusterProgram Cluster => _cluster!;

    /// <summary>Ends the cluster; after a failure its nodes' last words are shown.</summary>
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

    /// <summary>A healthy cluster without a load.</summary>
    private protected void StartCluster(int nodes = ClusterProgram.NodeCount, params IEnumerable<string> options)
    {
        _cluster = ClusterProgram.Start(Sandbox, Folder["data"], nodes, options);
        Heal();
    }

    /// <summary>A load of eight sessions through the first portal; those that lose it go on through the next one.</summary>
    private protected StampedLoad StartLoad(int nodes = ClusterProgram.NodeCount)
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        StartCluster(nodes);
        var load = new StampedLoad(
            Sandbox, () => ClusterProgram.PortalsOf(Cluster.Nodes), 0, UsedBytes, seed, extentCount: Extents)
        { CommandLimitSeconds = 20 };
        load.Start();
        load.ProgressOfEach(50, Limit);
        load.TakeLongestWait();
        return load;
    }

    /// <summary>Does something to the cluster under load and waits until every session goes on.</summary>
    private protected static void Suffer(StampedLoad load, string what, Action act)
    {
        var before = load.AcknowledgedWrites;
        act();
        load.ProgressOfEach(50, Limit);
        TestContext.Out.WriteLine(
            $"{what}: longest wait {load.TakeLongestWait().TotalSeconds:F2} s, {load.AcknowledgedWrites - before} writes acknowledged meanwhile");
    }

    /// <summary>Waits until the cluster is healthy.</summary>
    private protected void Heal() => TestContext.Out.WriteLine($"healthy after {Cluster.AwaitHealthy(Limit).TotalSeconds:F1} s");

    /// <summary>Ends the load, compares every block through every portal, and stops the cluster in good order.</summary>
    private protected void Finish(StampedLoad load)
    {
        load.Stop();
        foreach (var portal in ClusterProgram.PortalsOf(Cluster.Nodes))
            load.Verify(portal);
        TestContext.Out.WriteLine($"{load.AcknowledgedWrites} writes acknowledged, {load.LostSessions} sessions lost, {load.BusyAnswers} times BUSY");
        Cluster.Stop();
    }
}
