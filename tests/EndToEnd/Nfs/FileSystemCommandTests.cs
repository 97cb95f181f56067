using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Nfs;

/// <summary>What administrators do with file systems while programs with libnfs use them.</summary>
public sealed class FileSystemCommandTests : EndToEndTest
{
    private const int Port = 2049;
    private const int Megabyte = 1 << 20;

    [Test]
    [CancelAfter(120_000)]
    public void A_quota_holds_and_a_check_is_clean()
    {
        var service = StartService(options: ["--nfs", $"127.0.0.1:{Port}"]);
        var source = Folder["three-megabytes"];
        File.WriteAllBytes(source, new byte[3 * Megabyte]);
        Copy(source, "before").Succeeded();
        service.Command("fs", "quota", "set", "default", "/", "--bytes", "4M", "--files", "none").Succeeded();
        Eventually(
            TimeSpan.FromSeconds(20),
            () => service.Command("fs", "quota", "ls", "default").Succeeded().Contains("whole", StringComparison.Ordinal),
            () => "what was there is never counted");
        Assert.That(service.Command("fs", "quota", "ls", "default").Output, Does.Match("/ +3 MiB +4 MiB +2 +none +whole"));
        Assert.That(Copy(source, "too-much").ExitCode, Is.Not.Zero);
        service.Command("fs", "quota", "rm", "default", "/").Succeeded();
        Copy(source, "after").Succeeded();
        Assert.That(service.Command("fs", "check", "default").Succeeded(), Does.Match("checked [0-9]+ records .*clean"));

        var refused = service.Command("fs", "quota", "set", "default", "/nothing", "--bytes", "1G");
        Assert.That(refused.ExitCode, Is.EqualTo(4));
        Assert.That(refused.Output, Does.Contain("/nothing").And.Contain("fix:"));
        Assert.That(service.Command("fs", "check", "none").ExitCode, Is.EqualTo(4));
    }

    private ProgramResult Copy(string source, string name) =>
        Sandbox.Run(TimeSpan.FromSeconds(60), "nfs-cp", source, $"nfs://127.0.0.1/default/{name}?version=3&nfsport={Port}&mountport={Port}");
}
