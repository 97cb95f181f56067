using Uss.EndToEnd.Crashes;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>
/// Nodes with network namespaces and addresses of their own: links are cut, in one direction too, and slowed down, and clocks
/// are stepped, under load. Promises 1, 2 and 3 of docs/invariants.md.
/// </summary>
[TestFixture]
public sealed class CutNetworkTests : EndToEndTest
{
    private const int TestLimit = 240_000;
    private const long UsedBytes = 1L << 30;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan WhileCut = TimeSpan.FromSeconds(3);

    private ThreeMachines? _machines;

    [TearDown]
    public void EndPrograms()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed)
            TestContext.Out.WriteLine(_machines?.Health.LastWords());
        _machines?.Dispose();
        _machines = null;
    }

    [Test]
    [CancelAfter(TestLimit)]
    public void A_node_that_is_cut_off_costs_no_acknowledged_write()
    {
        var load = StartLoad();
        Suffer(load, "node3 cut off", () => Machines.SetLink(3, isUp: false));
        Thread.Sleep(WhileCut);
        Suffer(load, "node3 back", () => Machines.SetLink(3, isUp: true));
        Heal();

        // What the front-end has under way when it is cut off must not be applied once it is back: clients have moved on.
        Suffer(load, "node1, the front-end, cut off", () => Machines.SetLink(1, isUp: false));
        Thread.Sleep(WhileCut);
        Suffer(load, "node1 back", () => Machines.SetLink(1, isUp: true));
        Heal();
        Finish(load);
    }

    [Test]
    [CancelAfter(TestLimit)]
    public void Nodes_that_do_not_reach_each_other_cost_no_acknowledged_write()
    {
        var load = StartLoad();

        // In one direction and between two of three only: etcd and the clients reach all of them.
        foreach (var (from, to) in ((int, int)[])[(3, 2), (2, 3), (1, 2), (3, 1)])
        {
            // Nobody passes on what a front-end has for a primary that it does not reach: those commands wait for the path.
            var isFrontEndConcerned = from == 1 || to == 1;
            void Cut() => Machines.SetPath(from, to, isOpen: false);
            if (isFrontEndConcerned)
                Cut();
            else
                Suffer(load, $"node{from} does not reach node{to}", Cut);
            Thread.Sleep(WhileCut);
            Suffer(load, $"node{from} reaches node{to}", () => Machines.SetPath(from, to, isOpen: true));
            Heal();
        }

        Finish(load);
    }

    [Test]
    [CancelAfter(TestLimit)]
    public void A_slow_link_costs_no_acknowledged_write()
    {
        var load = StartLoad();
        foreach (var (node, rate) in ((int, string)[])[(3, "20mbit"), (1, "20mbit"), (2, "500kbit")])
        {
            Suffer(load, $"node{node} sends {rate}/s", () => Machines.SetRate(node, rate));
            Thread.Sleep(WhileCut);
            Suffer(load, $"node{node} sends at full speed", () => Machines.SetRate(node, null));
            Heal();
        }

        Finish(load);
    }

    [Test]
    [CancelAfter(TestLimit)]
    public void Clocks_that_are_far_apart_and_step_cost_nothing()
    {
        var load = StartLoad();
        Suffer(load, "node2 is three days ahead", () => Machines.SetClock(2, TimeSpan.FromDays(3)));
        Suffer(load, "node3 is ten years behind", () => Machines.SetClock(3, -TimeSpan.FromDays(3650)));
        Suffer(load, "node1, the front-end, is an hour behind", () => Machines.SetClock(1, -TimeSpan.FromHours(1)));
        Suffer(load, "node3 killed", () => Machines.Kill(3));
        Suffer(load, "node3 started", () => Machines.Start(3));
        Heal();
        Assert.That(
            Directory.GetFiles(Path.Combine(Machines.DataFolder, "node2", "log")),
            Has.Some.Contains($"{DateTime.Now.AddDays(3):yyyyMMdd}"),
            "node2 goes by the stepped clock");
        Suffer(load, "node2 is right again", () => Machines.SetClock(2, TimeSpan.Zero));
        Finish(load);
    }

    private ThreeMachines Machines => _machines!;

    private StampedLoad StartLoad()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        _machines = new ThreeMachines(
            Sandbox,
            Folder,
            Enumerable.Range(0, 8).Select(index => $"writer{index}").Append("verifier").Select(name => "iqn.2026-11.local.uss.test:" + name));
        var load = new StampedLoad(Sandbox, () => ThreeMachines.Portals, 0, UsedBytes, seed) { CommandLimitSeconds = 5 };
        load.Start();
        load.ProgressOfEach(50, Limit);
        load.TakeLongestWait();
        return load;
    }

    private static void Suffer(StampedLoad load, string what, Action act)
    {
        act();
        load.ProgressOfEach(50, Limit);
        TestContext.Out.WriteLine($"{what}: longest wait {load.TakeLongestWait().TotalSeconds:F2} s");
    }

    private void Heal() => TestContext.Out.WriteLine($"healthy after {Machines.Health.Await(Limit).TotalSeconds:F1} s");

    private static void Finish(StampedLoad load)
    {
        load.Stop();
        foreach (var portal in ThreeMachines.Portals)
            load.Verify(portal);
        TestContext.Out.WriteLine(
            $"{load.AcknowledgedWrites} writes acknowledged, {load.LostSessions} sessions lost, {load.BusyAnswers} times BUSY");
    }
}
