using System.Text.Json;
using Uss.EndToEnd.Harness;
using Uss.EndToEnd.KernelClient;

namespace Uss.EndToEnd.Cluster;

/// <summary>
/// PostgreSQL with its data directory on NFS, through the kernel's own client, while the front-end that serves it and the owner of the file
/// system die and freeze. The address that is mounted is one that the nodes serve for each other.
/// </summary>
[TestFixture]
public sealed class NfsDatabaseTests : MachinesTest
{
    private const string ServiceAddress = "10.77.0.100";

    [Test]
    [CancelAfter(420_000)]
    public void A_database_loses_nothing_when_front_ends_and_owners_die()
    {
        StartMachines();
        MoveTo(1);
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
        var node = 0;
        yield return ("the front-end is killed", () => Machines.Kill(node = Serving()), () => Machines.Start(node));
        yield return (
            "the front-end is frozen",
            () => Machines.Signal(node = Serving(), NativeMethods.SignalStop),
            () => Machines.Signal(node, NativeMethods.SignalContinue));
        yield return ("the owner is killed", () => Machines.Kill(node = OwnerThatIsNotServing()), () => Machines.Start(node));
        yield return (
            "the owner is frozen",
            () => Machines.Signal(node = OwnerThatIsNotServing(), NativeMethods.SignalStop),
            () => Machines.Signal(node, NativeMethods.SignalContinue));
    }

    // The front-end stays what it is.
    private int OwnerThatIsNotServing()
    {
        var owner = NodeIn("owner", "fs", "show", "default", "-o", "json");
        if (owner == Serving())
            MoveTo((owner % ThreeMachines.NodeCount) + 1);
        return owner;
    }

    private int Serving() => NodeIn("node", "address", "ls", "-o", "json");

    private int NodeIn(string property, params string[] command)
    {
        using var document = JsonDocument.Parse(Machines.Uss(1, command).Succeeded());
        var shown = document.RootElement.ValueKind == JsonValueKind.Array ? document.RootElement[0] : document.RootElement;
        return shown.GetProperty(property).GetString() is [.., var last] ? last - '0' : 0;
    }

    private void MoveTo(int node)
    {
        Machines.Uss(1, "address", "set", ServiceAddress + "/24", "--home", $"node{node}").Succeeded();
        Eventually(Limit, () => Serving() == node, () => $"node{node} does not serve the address");
    }
}
