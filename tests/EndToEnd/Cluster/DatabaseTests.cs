using Uss.EndToEnd.Harness;
using Uss.EndToEnd.KernelClient;

namespace Uss.EndToEnd.Cluster;

/// <summary>PostgreSQL on ext4 on a LUN of a cluster, through the Linux kernel's own initiator, while nodes die.</summary>
[TestFixture]
public sealed class DatabaseTests : EndToEndTest
{
    private const string Initiator = "iqn.2026-11.local.uss.test:guest";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private ThreeMachines? _machines;

    [TearDown]
    public void EndPrograms()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed)
            TestContext.Out.WriteLine(_machines?.Health.LastWords());
        _machines?.Dispose();
        _machines = null;
    }

    /// <summary>The guest has one path, to node1: it rides out the death of that one, and hardly notices those of the others.</summary>
    [Test]
    [CancelAfter(480_000)]
    public void A_database_loses_no_commit_while_nodes_are_killed_and_frozen()
    {
        var machines = _machines = new ThreeMachines(Sandbox, Folder, new MachineOptions { Initiators = [Initiator] });
        machines.Uss(1, "volume", "create", "guest", "--size", "8G").Succeeded();
        machines.Uss(1, "lun", "map", "guest", "--lun", "1").Succeeded();
        var failures = new Queue<(string What, Action Act)>(
        [
            ("node2 killed and started", () =>
            {
                machines.Kill(2);
                Thread.Sleep(TimeSpan.FromSeconds(2));
                machines.Start(2);
            }),
            ("node1, where the guest is logged in, killed and started", () =>
            {
                machines.Kill(1);
                machines.Start(1);
            }),
            ("node3 frozen, etcd killed, both back", () =>
            {
                machines.Signal(3, NativeMethods.SignalStop);
                machines.RestartEtcd(TimeSpan.FromSeconds(2));
                machines.Signal(3, NativeMethods.SignalContinue);
            }),
        ]);
        var answers = new Dictionary<string, Func<string>>
        {
            ["crash"] = () =>
            {
                var (what, act) = failures.Dequeue();
                act();
                TestContext.Out.WriteLine($"{what}; healthy after {machines.Health.Await(Limit).TotalSeconds:F1} s");
                return "done";
            },
        };
        var variables = new Dictionary<string, string>
        {
            ["LIBRARY"] = Path.Combine(Repository.KernelClient, "library.sh"),
            ["PORTAL"] = ThreeMachines.Portals[0],
            ["TARGET"] = UssService.TargetIqn,
            ["INITIATOR"] = Initiator,
            ["SCALE"] = "3",
        };
        using var guest = new KernelGuest(Sandbox, "database.sh", variables, answers, "1G");
        guest.Succeeded(TimeSpan.FromSeconds(450));
        TestContext.Out.WriteLine(guest.Output);
        Assert.That(failures, Is.Empty);
    }
}
