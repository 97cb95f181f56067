using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>
/// PostgreSQL on ext4 and fio with verification, through the Linux kernel's own initiator, on one cluster that everything is done
/// to that the other tests of this folder do to clusters of their own.
/// </summary>
/// <remarks>
/// The guest has a path to node1 for the database and one to node2 for fio: of each fault one of them sees what happens to a
/// front-end and the other what happens to a node behind one. fio writes to a mirror of its LUN and of a disk in the guest's memory.
/// </remarks>
[TestFixture]
public sealed class RealLoadTests : GuestLoadTest
{
    private const int FlippedShare = 8;

    // Longer than the leases and timeouts between nodes.
    private static readonly TimeSpan WhileBroken = TimeSpan.FromSeconds(3);

    [Test]
    [CancelAfter(480_000)]
    public void Fio_and_a_database_lose_nothing_to_a_row_of_faults()
    {
        StartMachinesForGuest(
            new MachineOptions { Initiators = [Initiator, Initiators[^1]], PowerSeed = (ulong)Seed, EtcdMembers = 3 });
        var faults = new Queue<Fault>(Faults());
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var answers = new Dictionary<string, Func<string>>
        {
            ["break"] = () =>
            {
                TestContext.Out.WriteLine($"{clock.Elapsed.TotalSeconds:F1} s: {faults.Peek().What}");
                faults.Peek().Break();
                return "done";
            },
            ["mend"] = () =>
            {
                faults.Dequeue().Mend();
                Heal();
                return "done";
            },
        };
        using var guest = StartGuest("faults.sh", new Dictionary<string, string> { ["FAULTS"] = $"{faults.Count}" }, answers);
        guest.Succeeded(TimeSpan.FromSeconds(400));
        TestContext.Out.WriteLine($"{clock.Elapsed.TotalSeconds:F1} s\n{guest.Output}");
        Assert.That(faults, Is.Empty);
        Assert.That(Scrub.Run(Machines.Uss, Limit).Lost, Is.Zero, "blocks without a good copy");
        CompareVolumes(guest.FileOf("mirror"));
        CompareDisks();
    }

    // Where both loads can go on without the node, or with it as it is, they have to before the fault is mended.
    private IEnumerable<Fault> Faults() =>
    [
        new("node2, fio's front-end, killed and started", () => Restart(2), () => { }),
        new("node1, the database's front-end, killed and started", () => Restart(1), () => { }),
        new(
            "node3 frozen, a member of etcd killed",
            () =>
            {
                Machines.Signal(3, NativeMethods.SignalStop);
                Machines.KillEtcd(1);
            },
            () =>
            {
                Machines.Signal(3, NativeMethods.SignalContinue);
                Machines.StartEtcd(1);
            }),
        new(
            "node1 frozen and thawed",
            () =>
            {
                Machines.Signal(1, NativeMethods.SignalStop);
                Thread.Sleep(WhileBroken);
                Machines.Signal(1, NativeMethods.SignalContinue);
            },
            () => { }),
        new(
            "node3 cut off, the clocks of node2 and node3 stepped",
            () =>
            {
                Machines.SetLink(3, isUp: false);
                Machines.SetClock(2, TimeSpan.FromDays(3));
                Machines.SetClock(3, -TimeSpan.FromDays(3650));
            },
            () =>
            {
                Machines.SetLink(3, isUp: true);
                Machines.SetClock(2, TimeSpan.Zero);
            }),
        new(
            "node3 does not reach node2, then it does",
            () =>
            {
                Machines.SetPath(3, 2, isOpen: false);
                Thread.Sleep(WhileBroken);
                Machines.SetPath(3, 2, isOpen: true);
            },
            () => { }),
        new("node3 sends 20mbit/s", () => Machines.SetRate(3, "20mbit"), () => Machines.SetRate(3, null)),
        new("the power of node3 cut", () => Machines.CutPower(3), () => Machines.RestorePower(3)),
        new(
            "the power of node1 cut, and back",
            () =>
            {
                Machines.CutPower(1);
                Machines.RestorePower(1);
            },
            () => { }),
        new("the clock of node3 stepped back, and bits flipped on its disk", FlipBits, () => { }),
    ];

    private void Restart(int node)
    {
        Machines.Kill(node);
        Machines.Start(node);
    }

    private void FlipBits()
    {
        Machines.Stop(3);

        // Scrubs are told with the time, and one of ten years ago is none.
        Machines.SetClock(3, TimeSpan.Zero);
        var flipped = DiskBlock.AllOf(Sandbox, Machines.DiskOf(3)).Where((_, index) => index % FlippedShare == 0).ToList();
        Assert.That(flipped, Has.Count.GreaterThan(100));
        flipped.ForEach(block => block.Flip(Sandbox.FromOutside(Machines.DiskOf(3))));
        Machines.Start(3);
    }

    /// <summary>Something that is done to the cluster.</summary>
    private sealed record Fault(string What, Action Break, Action Mend);
}
