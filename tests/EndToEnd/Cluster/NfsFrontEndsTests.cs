using Uss.EndToEnd.Harness;
using Uss.EndToEnd.KernelClient;

namespace Uss.EndToEnd.Cluster;

/// <summary>One file system through the front-ends of two nodes: what one mount does the other one sees at once.</summary>
[TestFixture]
public sealed class NfsFrontEndsTests : MachinesTest
{
    [Test]
    [CancelAfter(420_000)]
    public void Files_are_what_programs_made_them_seen_through_another_node() => Run("nfs-files.sh");

    [Test]
    [CancelAfter(420_000)]
    public void Locks_hold_between_clients_of_two_nodes() => Run("nfs-locks.sh");

    private void Run(string script)
    {
        StartMachines();
        Eventually(
            Limit,
            () => Machines.Uss(1, "export", "set", "/default", "--client", "10.77.0.0/24", "--squash", "none").ExitCode == 0,
            () => "the export /default is not made");
        var variables = new Dictionary<string, string>
        {
            ["LIBRARY"] = Repository.KernelClient,
            ["SERVER"] = ThreeMachines.AddressOf(1),
            ["SECOND_SERVER"] = ThreeMachines.AddressOf(2),
            ["PORT"] = "2049",
        };
        using var guest = new KernelGuest(Sandbox, script, variables);
        guest.Succeeded(TimeSpan.FromSeconds(360));
        TestContext.Out.WriteLine(guest.Output);
        Assert.That(Machines.Uss(3, "fs", "check", "default").Succeeded(), Does.Contain("clean"));
    }
}
