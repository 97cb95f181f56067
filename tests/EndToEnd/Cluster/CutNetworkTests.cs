namespace Uss.EndToEnd.Cluster;

/// <summary>
/// Nodes with network namespaces and addresses of their own: links are cut, in one direction too, and slowed down, and clocks
/// are stepped, under load. Promises 1, 2 and 3 of docs/invariants.md.
/// </summary>
[TestFixture]
public sealed class CutNetworkTests : MachinesTest
{
    private static readonly TimeSpan WhileCut = TimeSpan.FromSeconds(3);

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
    public void A_kill_while_nodes_do_not_reach_each_other_costs_no_acknowledged_write()
    {
        var load = StartLoad();

        // One of the two has left the groups that they share when the other one dies: nobody else may make up for it.
        Machines.SetPath(3, 2, isOpen: false);
        Thread.Sleep(WhileCut);
        Machines.Kill(2);
        Thread.Sleep(WhileCut);
        Machines.SetPath(3, 2, isOpen: true);
        Suffer(load, "node3 reaches node2, which is started", () => Machines.Start(2));
        Heal();

        // Both at once, and the one that died comes back to a network that is still cut. It is the front-end, too.
        Machines.SetPath(2, 1, isOpen: false);
        Machines.Kill(1);
        Thread.Sleep(WhileCut);
        Machines.Start(1);
        Thread.Sleep(WhileCut);
        Suffer(load, "node2 reaches node1 again", () => Machines.SetPath(2, 1, isOpen: true));
        Heal();
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

            // Long enough for it to come back, and to be taken out again.
            Thread.Sleep(2 * WhileCut);
            Suffer(load, $"node{node} still sends {rate}/s", () => { });
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
}
