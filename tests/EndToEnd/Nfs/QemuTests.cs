using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Nfs;

/// <summary>Disk images of QEMU by its own NFS driver, which finds the server by its port mapper.</summary>
public sealed class QemuTests : EndToEndTest
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    [Test]
    [CancelAfter(180_000)]
    public void Images_hold_what_was_written_by_every_way()
    {
        var service = StartService(options: ["--nfs", "127.0.0.1:2049", "--port-mapper", "on"]);
        var (copy, raw) = (Url("disk.qcow2"), Url("disk.raw"));
        Run("qemu-img", "create", "-q", "-f", "qcow2", copy, "64M").Succeeded();
        QemuIo("qcow2", copy, "write -P 0x11 0 1M", "write -P 0x22 12345088 3M", "write -z 2M 64k", "flush");
        Run("qemu-img", "snapshot", "-c", "before", copy).Succeeded();
        QemuIo("qcow2", copy, "write -P 0x33 512k 1M", "discard 12M 64k", "flush");
        QemuIo("qcow2", copy, "read -P 0x11 0 512k", "read -P 0x33 512k 1M", "read -P 0 1536k 1M", "read -P 0x22 12648448 2M");
        Run("qemu-img", "check", "-q", "-f", "qcow2", copy).Succeeded();
        Run("qemu-img", "convert", "-q", "-n", "-f", "qcow2", "-O", "raw", copy, Created(raw, "64M")).Succeeded();
        Run("qemu-img", "compare", "-q", "-f", "qcow2", "-F", "raw", copy, raw).Succeeded();
        Run("qemu-img", "snapshot", "-a", "before", copy).Succeeded();
        QemuIo("qcow2", copy, "read -P 0x11 0 1M", "read -P 0 1M 1M", "read -P 0x22 12345088 3M");
        Assert.That(Run("qemu-img", "compare", "-q", "-f", "qcow2", "-F", "raw", copy, raw).ExitCode, Is.EqualTo(1), "they differ");
        Assert.That(service.Command("fs", "check", "default").Succeeded(), Does.Contain("clean"));
    }

    [Test]
    [CancelAfter(180_000)]
    public void A_volume_is_the_same_as_a_file_and_as_a_LUN()
    {
        var service = StartService(options: ["--nfs", "127.0.0.1:2049", "--port-mapper", "on"]);
        service.Command("volume", "create", "shared", "--size", "32M").Succeeded();
        service.Command("lun", "map", "shared", "--lun", "1").Succeeded();
        service.Command(
            "export", "create", "/all", "--fs", "default", "--volumes", "--client", "127.0.0.0/8", "--squash", "none").Succeeded();
        var (file, lun) = (Url("volumes/shared", "all"), service.Url(1));
        QemuIo("raw", file, "write -P 0x44 0 1M", "write -P 0x55 31M 1M", "flush");
        QemuIo("raw", lun, "read -P 0x44 0 1M", "read -P 0 1M 1M", "read -P 0x55 31M 1M", "write -P 0x66 4k 8k", "flush");
        QemuIo("raw", file, "read -P 0x44 0 4k", "read -P 0x66 4k 8k", "read -P 0x44 12k 4k");
        Run("qemu-img", "compare", "-q", "-f", "raw", "-F", "raw", file, lun).Succeeded();
    }

    private static string Url(string name, string export = "default") => $"nfs://127.0.0.1/{export}/{name}";

    // QEMU makes files by NFS, and does not when it converts.
    private string Created(string url, string size)
    {
        Run("qemu-img", "create", "-q", "-f", "raw", url, size).Succeeded();
        return url;
    }

    private void QemuIo(string format, string url, params string[] commands)
    {
        string[] arguments = ["-f", format, .. commands.SelectMany(command => (string[])["-c", command]), url];
        var done = Run("qemu-io", arguments);
        Assert.That((done.ExitCode, done.Output.Contains("verification failed", StringComparison.Ordinal)), Is.EqualTo((0, false)), done.Output);
    }

    private ProgramResult Run(string program, params string[] arguments) => Sandbox.Run(_limit, program, arguments);
}
