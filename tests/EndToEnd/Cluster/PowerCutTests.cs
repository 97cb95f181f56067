using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>
/// Promise 1 of docs/invariants.md when the power goes: a node's process ends and what its disk was not told to flush is lost,
/// in part, torn and out of order.
/// </summary>
[TestFixture]
public sealed class PowerCutTests : MachinesTest
{
    [Test]
    [CancelAfter(TestLimit)]
    public void A_node_that_loses_power_costs_no_acknowledged_write()
    {
        // So much that the copying takes longer than what is done to the node meanwhile.
        var load = StartLoad(Volatile, extents: 1024);
        Suffer(load, "the power of node3 cut", () => Machines.CutPower(3));
        Machines.RestorePower(3);

        // Again, while what was written meanwhile is copied to it.
        Suffer(load, "the power of node3 cut again", () => Machines.CutPower(3));
        Suffer(load, "node3 started", () => Machines.RestorePower(3));
        Heal();
        Suffer(load, "the power of node1, the front-end, cut", () => Machines.CutPower(1));
        Suffer(load, "node1 started", () => Machines.RestorePower(1));
        Heal();

        FinishAndCompareDisks(load);
    }

    [Test]
    [CancelAfter(TestLimit)]
    public void All_nodes_that_lose_power_at_once_come_back_with_everything()
    {
        var load = StartLoad(Volatile);
        for (var round = 0; round < 3; round++)
        {
            Machines.CutPower(1, 2, 3);
            Suffer(load, "the power of all nodes cut, and back", () => Parallel.For(1, ThreeMachines.NodeCount + 1, Machines.RestorePower));
            Heal();
        }

        FinishAndCompareDisks(load);
    }

    [Test]
    [CancelAfter(TestLimit)]
    public void A_disk_that_fails_costs_no_acknowledged_write()
    {
        var load = StartLoad(Volatile);
        Suffer(load, "the disk of node3 refuses writes and flushes", () => Machines.DiskBehind(3).Behave(DiskBehaviour.Fails));
        Eventually(
            Limit,
            () => Machines.Uss(3, "status").Output is var status
                && status.Contains("disk0.uss failed: ", StringComparison.Ordinal) && status.Contains("fix:", StringComparison.Ordinal),
            () => "nobody is told of the failed disk: " + Machines.Uss(3, "status").Output);
        Suffer(load, "the disk of node3 is well again, and its power cut", () =>
        {
            Machines.DiskBehind(3).Behave(DiskBehaviour.Honest);
            Machines.CutIdlePower(3);
            Machines.RestorePower(3);
        });
        Heal();
        FinishAndCompareDisks(load);
    }

    private MachineOptions Volatile => new() { Initiators = Initiators, PowerSeed = (ulong)Seed };
}
