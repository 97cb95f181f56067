using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.KernelClient;

/// <summary>The Linux kernel's own initiator, file systems and a real database as clients.</summary>
public sealed class KernelInitiatorTests : EndToEndTest
{
    private const string Initiator = "iqn.2026-11.local.uss.test:guest";
    private const long MiB = 1 << 20;

    [Test]
    [CancelAfter(300_000)]
    public void FileSystems_KeepTheirFiles_AndGiveSpaceBack()
    {
        var service = ServiceForGuest("8G");
        long fullBytes = 0;
        var answers = new Dictionary<string, Func<string>>
        {
            ["full"] = () =>
            {
                fullBytes = AllocatedBytes(service);
                Assert.That(fullBytes, Is.GreaterThan(160 * MiB), "allocated on the host while the large file is there");
                return "done";
            },
            ["trimmed"] = () =>
            {
                // Discard works in the background; the large file alone was 160 MiB.
                Eventually(
                    TimeSpan.FromSeconds(60),
                    () => AllocatedBytes(service) < fullBytes - (140 * MiB),
                    () => $"the disks held {fullBytes / MiB} MiB before fstrim and still hold {AllocatedBytes(service) / MiB} MiB");
                return "done";
            },
        };
        RunGuest("filesystems.sh", TimeSpan.FromSeconds(270), service, [], answers);
    }

    [Test]
    [CancelAfter(180_000)]
    public void Chap_IsDemandedAndProven()
    {
        var service = ServiceForGuest(
            "1G", "--chap-user", "guest", "--chap-secret", "secret-of-guest1", "--mutual-user", "target", "--mutual-secret", "secret-of-target");
        RunGuest(
            "chap.sh",
            TimeSpan.FromSeconds(150),
            service,
            new()
            {
                ["CHAP_USER"] = "guest",
                ["CHAP_SECRET"] = "secret-of-guest1",
                ["MUTUAL_USER"] = "target",
                ["MUTUAL_SECRET"] = "secret-of-target",
            },
            []);
    }

    [Test]
    [CancelAfter(480_000)]
    public void Database_LosesNoCommit_WhileTheServiceIsKilledThreeTimes()
    {
        var service = ServiceForGuest("8G");
        var answers = new Dictionary<string, Func<string>>
        {
            ["crash"] = () =>
            {
                service.Kill();
                var recovery = service.Start();
                TestContext.Out.WriteLine($"ready {recovery.TotalSeconds:F1} s after the kill");
                return "done";
            },
        };
        RunGuest("database.sh", TimeSpan.FromSeconds(450), service, new() { ["SCALE"] = "3" }, answers, "1G");
    }

    /// <summary>A service that listens where the guest can reach it, with a volume as LUN 1 and a rule for the guest.</summary>
    private UssService ServiceForGuest(string volumeSize, params string[] rule)
    {
        KernelGuest.AddNetwork(Sandbox);
        var service = StartService();
        service.Command(["initiator", "create", Initiator, .. rule]).Succeeded();
        service.Command("volume", "create", "guest", "--size", volumeSize).Succeeded();
        service.Command("lun", "map", "guest", "--lun", "1").Succeeded();
        service.Stop().Result.Succeeded();
        service.Address = KernelGuest.HostAddress;
        service.Start();
        return service;
    }

    private void RunGuest(
        string script,
        TimeSpan limit,
        UssService service,
        Dictionary<string, string> variables,
        Dictionary<string, Func<string>> answers,
        string memorySize = "512M")
    {
        variables["LIBRARY"] = Repository.KernelClient;
        variables["PORTAL"] = service.Portal;
        variables["TARGET"] = UssService.TargetIqn;
        variables["INITIATOR"] = Initiator;
        using var guest = new KernelGuest(Sandbox, script, variables, answers, memorySize);
        guest.Succeeded(limit);
        TestContext.Out.WriteLine(guest.Output);
    }

    /// <summary>Bytes that the data folder really takes on the host's file system.</summary>
    private static long AllocatedBytes(UssService service) =>
        Directory.EnumerateFiles(service.DataFolder, "*", SearchOption.AllDirectories).Sum(NativeMethods.AllocatedBytes);
}
