using System.Diagnostics;
using Uss.EndToEnd.Crashes;
using Uss.EndToEnd.Harness;
using Uss.EndToEnd.Iscsi;

namespace Uss.EndToEnd.Cluster;

/// <summary>A test with <see cref="ThreeMachines"/> and a load of stamped blocks on their volume <c>demo</c>.</summary>
public abstract class MachinesTest : EndToEndTest
{
    private protected const int TestLimit = 240_000;

    private const long UsedBytes = 1L << 30;

    // Few enough that what was written while a node was away is soon copied to it, though a busy client goes first.
    private const int Extents = 256;

    private ThreeMachines? _machines;

    private protected static TimeSpan Limit { get; } = TimeSpan.FromSeconds(60);

    private protected ThreeMachines Machines => _machines!;

    private protected int Seed { get; private set; }

    private protected static IReadOnlyList<string> Initiators { get; } =
    [
        .. Enumerable.Range(0, 8).Select(index => $"writer{index}").Append("verifier").Select(name => "iqn.2026-11.local.uss.test:" + name),
    ];

    [SetUp]
    public void Choose()
    {
        Seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {Seed}");
    }

    /// <summary>Ends the nodes; after a failure their last words are shown.</summary>
    [TearDown]
    public void EndMachines()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed)
            TestContext.Out.WriteLine(_machines?.Health.LastWords());
        _machines?.Dispose();
        _machines = null;
    }

    /// <summary>Runs code in a session to a node.</summary>
    private protected void InSession(int node, int lun, Action<LibiscsiSession> work) => Sandbox.RunInNetwork(() =>
    {
        using var session = LibiscsiSession.Connect(ThreeMachines.Portals[node - 1], UssService.TargetIqn, lun, Initiators[^1]);
        work(session);
        session.Logout();
    }).GetAwaiter().GetResult();

    private protected void StartMachines(MachineOptions? options = null) =>
        _machines = new ThreeMachines(Sandbox, Folder, options ?? new MachineOptions { Initiators = Initiators });

    /// <summary>A load of eight sessions through the first portal; those that lose it go on through the next one.</summary>
    private protected StampedLoad StartLoad(MachineOptions? options = null, int extents = Extents)
    {
        StartMachines(options);
        var load = new StampedLoad(
            Sandbox, () => ThreeMachines.Portals, 0, UsedBytes, Seed, extentCount: extents)
        { CommandLimitSeconds = 5 };
        load.Start();
        load.ProgressOfEach(50, Limit);
        load.TakeLongestWait();
        return load;
    }

    /// <summary>Does something to the nodes under load and waits until every session goes on.</summary>
    private protected static void Suffer(StampedLoad load, string what, Action act)
    {
        act();
        var clock = Stopwatch.StartNew();
        load.ProgressOfEach(50, Limit);
        TestContext.Out.WriteLine(
            $"{what}: longest wait {load.TakeLongestWait().TotalSeconds:F2} s, 50 writes of each session in {clock.Elapsed.TotalSeconds:F1} s");
    }

    /// <summary>Waits until all copies are there.</summary>
    private protected void Heal() => TestContext.Out.WriteLine($"healthy after {Machines.Health.Await(Limit).TotalSeconds:F1} s");

    /// <summary>Ends the load and compares every block through every portal.</summary>
    private protected static void Finish(StampedLoad load)
    {
        load.Stop();
        foreach (var portal in ThreeMachines.Portals)
            load.Verify(portal);
        TestContext.Out.WriteLine(
            $"{load.AcknowledgedWrites} writes acknowledged, {load.LostSessions} sessions lost, {load.BusyAnswers} times BUSY");
    }

    /// <summary>Ends the load, compares every block through every portal, stops the nodes and compares what their disks hold.</summary>
    private protected void FinishAndCompareDisks(StampedLoad load)
    {
        Finish(load);
        CompareDisks();
    }

    /// <summary>Stops the nodes and compares what their disks hold.</summary>
    private protected void CompareDisks()
    {
        for (var node = 1; node <= ThreeMachines.NodeCount; node++)
            Machines.Stop(node);
        var copies = Enumerable.Range(1, ThreeMachines.NodeCount).Select(node => DiskBlock.AllOf(Sandbox, Machines.DiskOf(node))).ToList();
        for (var node = 1; node <= ThreeMachines.NodeCount; node++)
        {
            var disk = Sandbox.FromOutside(Machines.DiskOf(node));
            var blocks = copies[node - 1];
            Assert.That(blocks.Where(block => block.IsDamaged(disk)).Select(block => block.Place), Is.Empty, $"damaged on node{node}");
            Assert.That(blocks.Select(block => block.Content), Is.EquivalentTo(copies[0].Select(block => block.Content)), $"node{node} beside node1");
        }

        TestContext.Out.WriteLine($"{copies[0].Count} blocks are equal on all disks");
    }
}
