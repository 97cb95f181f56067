using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.KernelClient;

/// <summary>The Linux kernel's own NFS client.</summary>
public sealed class KernelNfsTests : EndToEndTest
{
    private const int Port = 2049;
    private const string Directory = "large";
    private const string Entries = "100000";

    [Test]
    [CancelAfter(300_000)]
    public void Files_are_what_programs_made_them_seen_by_two_mounts() => Run("nfs-files.sh");

    [Test]
    [CancelAfter(300_000)]
    public void Locks_hold_between_two_mounts_which_find_the_lock_manager_by_the_port_mapper()
    {
        KernelGuest.AddNetwork(Sandbox);
        using var capture = new PacketCapture(Sandbox, "guest", Folder["packets"]);
        Run("nfs-locks.sh");
        capture.Stop();
        capture.IsWellFormed();
        foreach (var (protocol, least) in new[] { ("nfs", 500), ("mount", 4), ("nlm", 100), ("portmap", 8) })
            Assert.That(capture.Count(protocol), Is.GreaterThan(least), $"frames of {protocol}");
    }

    [Test]
    [CancelAfter(400_000)]
    public void A_directory_of_100_000_entries_is_listed_while_it_changes() => Run(
        "nfs-directory.sh",
        () => Sandbox.Run(
            TimeSpan.FromSeconds(120),
            "python3",
            Path.Combine(Repository.KernelClient, "fill-directory.py"),
            KernelGuest.HostAddress,
            $"{Port}",
            "/default",
            Directory,
            Entries).Succeeded());

    private void Run(string script, Action? prepare = null)
    {
        KernelGuest.AddNetwork(Sandbox);
        var service = StartService(options: ["--nfs", $"{KernelGuest.HostAddress}:{Port}"]);
        service.Command("export", "set", "/default", "--client", "10.77.0.0/24", "--squash", "none").Succeeded();
        prepare?.Invoke();
        using var guest = new KernelGuest(
            Sandbox,
            script,
            new Dictionary<string, string>
            {
                ["LIBRARY"] = Repository.KernelClient,
                ["SERVER"] = KernelGuest.HostAddress,
                ["PORT"] = $"{Port}",
                ["DIRECTORY"] = Directory,
                ["ENTRIES"] = Entries,
            });
        guest.Succeeded(TimeSpan.FromSeconds(270));
        TestContext.Out.WriteLine(guest.Output);
    }
}
