using System.Text.Json;
using Uss.EndToEnd.Harness;
using Uss.EndToEnd.KernelClient;

namespace Uss.EndToEnd.Cluster;

/// <summary>
/// PostgreSQL with its data directory on NFS, through the kernel's own client, while the front-end that serves it and the owner of the file
/// system die and freeze. The address that is mounted moves to another node with its front-end, as a failover manager would have it.
/// </summary>
[TestFixture]
public sealed class NfsDatabaseTests : MachinesTest
{
    private const string ServiceAddress = "10.77.0.100";

    private int _serving = 1;

    [Test]
    [CancelAfter(420_000)]
    public void A_database_loses_nothing_when_front_ends_and_owners_die()
    {
        StartMachines();
        Move(to: 1);
        Eventually(
            Limit,
            () => Machines.Uss(1, "export", "set", "/default", "--client", "10.77.0.0/24", "--squash", "none").ExitCode == 0,
            () => "the export /default is not made");
        var faults = new Queue<(string What, Action Break, Action Mend)>(Faults());
        var answers = new Dictionary<string, Func<string>>
        {
            ["break"] = () =>
            {
                TestContext.Out.WriteLine(faults.Peek().What);
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
        var variables = new Dictionary<string, string>
        {
            ["LIBRARY"] = Repository.KernelClient,
            ["SERVER"] = ServiceAddress,
            ["FAULTS"] = $"{faults.Count}",
            ["SCALE"] = "1",
        };
        using var guest = new KernelGuest(Sandbox, "nfs-database.sh", variables, answers, "1G");
        guest.Succeeded(TimeSpan.FromSeconds(360));
        TestContext.Out.WriteLine(guest.Output);
        Assert.That(faults, Is.Empty);
    }

    private IEnumerable<(string What, Action Break, Action Mend)> Faults()
    {
        var owner = 0;
        yield return (
            "the front-end is killed",
            () =>
            {
                Machines.Kill(owner = _serving);
                Move(to: (_serving % ThreeMachines.NodeCount) + 1);
            },
            () => Machines.Start(owner));
        yield return (
            "the owner is killed",
            () =>
            {
                // The front-end stays what it is.
                if (Owner() == _serving)
                    Move(to: (_serving % ThreeMachines.NodeCount) + 1);
                Machines.Kill(owner = Owner());
            },
            () => Machines.Start(owner));
        yield return (
            "the owner is frozen",
            () =>
            {
                if (Owner() == _serving)
                    Move(to: (_serving % ThreeMachines.NodeCount) + 1);
                Machines.Signal(owner = Owner(), NativeMethods.SignalStop);
            },
            () => Machines.Signal(owner, NativeMethods.SignalContinue));
    }

    private int Owner()
    {
        var shown = Machines.Uss(_serving, "fs", "show", "default", "-o", "json");
        shown.Succeeded();
        using var document = JsonDocument.Parse(shown.Output);
        return document.RootElement.GetProperty("owner").GetString()![^1] - '0';
    }

    // The guest hears of it by a question from the address: what else it has sent goes to where the address was.
    private void Move(int to)
    {
        Sandbox.Shell(
            Limit,
            $"""
            for node in 1 2 3; do ip -n n$node addr del {ServiceAddress}/24 dev eth0 2>/dev/null || true; done
            ip -n n{to} addr add {ServiceAddress}/24 dev eth0
            ip netns exec n{to} python3 -c 'import socket
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            udp.bind(("{ServiceAddress}", 0))
            udp.sendto(b"", ("10.77.0.2", 9))'
            """).Succeeded();
        _serving = to;
    }
}
