using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.KernelClient;

/// <summary>The Linux kernel's own NFS client.</summary>
public sealed class KernelNfsTests : EndToEndTest
{
    private const int Port = 2049;

    [Test]
    [CancelAfter(300_000)]
    public void Files_are_what_programs_made_them_seen_by_two_mounts() => Run("nfs-files.sh");

    [Test]
    [CancelAfter(300_000)]
    public void Locks_hold_between_two_mounts_which_find_the_lock_manager_by_the_port_mapper() => Run("nfs-locks.sh");

    private void Run(string script)
    {
        KernelGuest.AddNetwork(Sandbox);
        var service = StartService(options: ["--nfs", $"{KernelGuest.HostAddress}:{Port}"]);
        service.Command("export", "set", "/default", "--client", "10.77.0.0/24", "--squash", "none").Succeeded();
        using var guest = new KernelGuest(
            Sandbox,
            script,
            new Dictionary<string, string>
            {
                ["LIBRARY"] = Repository.KernelClient,
                ["SERVER"] = KernelGuest.HostAddress,
                ["PORT"] = $"{Port}",
            });
        guest.Succeeded(TimeSpan.FromSeconds(270));
        TestContext.Out.WriteLine(guest.Output);
    }
}
