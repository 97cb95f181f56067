using System.Text.Json;
using Uss.EndToEnd.Crashes;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.BadInput;

/// <summary>Block devices as disks: loop devices stand in for drives, also for one that fails in the middle.</summary>
public sealed class BlockDeviceTests : EndToEndTest
{
    private const long MiB = 1L << 20;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly List<string> _devices = [];

    [TearDown]
    public void DetachDevices()
    {
        // Devices belong to the machine, not to the sandbox; one that is still open goes away with its last user.
        foreach (var device in _devices)
            System.Diagnostics.Process.Start("losetup", ["-d", device]).WaitForExit();
        _devices.Clear();
    }

    [Test]
    [CancelAfter(120_000)]
    public void Device_IsServed_AndShownWithItsSize()
    {
        var device = NewDevice("drive", 512);
        var service = StartService("127.0.0.1", "--disk", device);
        var name = Path.GetFileName(device);
        var disk = JsonDocument.Parse(service.Command("disk", "show", name, "-o", "json").Succeeded()).RootElement;
        Assert.Multiple(() =>
        {
            Assert.That(disk.GetProperty("sizeBytes").GetInt64(), Is.EqualTo(512 * MiB));
            Assert.That(disk.GetProperty("kind").GetString(), Is.EqualTo("device"));
            Assert.That(disk.GetProperty("state").GetString(), Is.EqualTo("healthy"));
        });
        Assert.That(service.Command("disk", "ls").Succeeded(), Does.Match($@"{name} +healthy +device +(ssd|hdd) +512 MiB"));
        Assert.That(service.Command("disk", "show", device).Succeeded(), Does.Contain("512 MiB").And.Contain(device));

        service.Command("volume", "create", "v", "--size", "64M").Succeeded();
        service.Command("lun", "map", "v", "--lun", "1").Succeeded();
        var load = new StampedLoad(Sandbox, service, 1, 64 * MiB, seed: 5, sessionCount: 2, extentCount: 64);
        load.Start();
        load.Progress(300, Limit);
        service.Kill();
        load.AwaitLoss();
        service.Start();
        load.Verify();
    }

    [Test]
    [CancelAfter(120_000)]
    public void Device_InUse_IsLockedForOthers()
    {
        var device = NewDevice("drive", 256);
        var first = StartService("127.0.0.1", "--disk", device);
        using (var second = new UssService(Sandbox, Folder["other"], "127.0.0.2", "--nfs", "none", "--disk", device))
        {
            var result = second.StartExpectingRefusal(Limit);
            Assert.That(result.ExitCode, Is.EqualTo(5), result.Output);
            Assert.That(result.Output, Does.Contain(device).And.Contain("in use").IgnoreCase);
        }

        first.Command("status").Succeeded();
    }

    [Test]
    [CancelAfter(120_000)]
    public void Device_WithData_NeedsFormat_AndItsContentIsNamed()
    {
        var device = NewDevice("drive", 256);
        Sandbox.Shell(Limit, $"mkfs.xfs -q -f {device} 2>/dev/null || mkfs.ext4 -q {device}").Succeeded();
        var service = NewService("127.0.0.1", "--disk", device);
        var refused = service.StartExpectingRefusal(Limit);
        Assert.That(refused.ExitCode, Is.EqualTo(1), refused.Output);
        Assert.That(refused.Output, Does.Contain(device).And.Contain("file system").And.Contain("--format"));

        var formatted = StartService("127.0.0.1", "--disk", device, "--format");
        Assert.That(formatted.Output, Does.Contain("file system"), "the log says what was on it");
        Assert.That(formatted.Command("status").Succeeded(), Does.Contain("healthy"));
    }

    [Test]
    [CancelAfter(180_000)]
    public void Device_ThatFailsInTheMiddle_IsNamed_AndTheOtherCopyServes()
    {
        // The file system under the device goes down: everything that is asked of the device ends with an I/O error.
        var image = Folder["image"];
        var mount = Folder["mount"];
        Sandbox.Shell(Limit, $"truncate -s 1G {image}; mkfs.ext4 -q {image}; mkdir {mount}; mount -o loop {image} {mount}").Succeeded();
        var failing = NewDevice("mount/drive", 512);
        var sound = NewDevice("drive", 512);
        var service = StartService("127.0.0.1", "--disk", sound, "--disk", failing);
        service.Command("volume", "create", "twice", "--size", "128M", "--copies", "2").Succeeded();
        service.Command("lun", "map", "twice", "--lun", "1").Succeeded();
        var load = new StampedLoad(Sandbox, service, 1, 128 * MiB, seed: 6, sessionCount: 4, extentCount: 512);
        load.Start();
        load.Progress(200, Limit);
        Sandbox.Shell(Limit, $"xfs_io -x -c 'shutdown' {mount}").Succeeded();

        load.Progress(500, Limit);
        var name = Path.GetFileName(failing);
        Eventually(Limit, () => StateOf(service, name) == "read-only", () => $"the disk is {StateOf(service, name)}:\n{service.Output}");
        load.Progress(500, Limit);
        load.Stop();
        load.Verify();
        var status = service.Command("status").Succeeded();
        Assert.That(status, Does.Contain("degraded").And.Contain(failing).And.Contain("fix:"));
        Assert.That(service.Command("volume", "ls").Succeeded(), Does.Match("twice .*degraded"));
        Assert.That(service.Output, Does.Match($"disk {failing} failed"), "the log names it");
        var (took, stopped) = service.Stop();
        stopped.Succeeded();
        Assert.That(took, Is.LessThan(TimeSpan.FromSeconds(5)));

        // Without it the other serves; when it is back it catches up with what it missed.
        Sandbox.Shell(Limit, $"losetup -d {failing}; umount -l {mount}; mount -o loop {image} {mount}; losetup {failing} {mount}/drive").Succeeded();
        service.Start();
        Eventually(
            Limit,
            () => service.Command("status", "-o", "json").Output.Contains("\"state\": \"healthy\"", StringComparison.Ordinal),
            () => service.Command("status").Output);
        load.Verify();
    }

    [Test]
    [CancelAfter(180_000)]
    public void Device_ThatLosesPartOfItsData_IsHealedFromTheOtherCopy()
    {
        // The second half of the device's backing file is cut off under it: reads there end with I/O errors.
        var failing = NewDevice("short", 512);
        var sound = NewDevice("drive", 512);
        var service = StartService("127.0.0.1", "--disk", sound, "--disk", failing);
        service.Command("volume", "create", "twice", "--size", "128M", "--copies", "2").Succeeded();
        service.Command("lun", "map", "twice", "--lun", "1").Succeeded();
        var load = new StampedLoad(Sandbox, service, 1, 128 * MiB, seed: 7, sessionCount: 4, extentCount: 512);
        load.Start();
        load.Progress(1000, Limit);
        load.Stop();
        Sandbox.Shell(Limit, $"truncate -s 24M {Folder["short"]}; sync; echo 3 >/proc/sys/vm/drop_caches").Succeeded();
        load.Verify();
        load.Start();
        load.Progress(500, Limit);
        load.Stop();
        load.Verify();
        Assert.That(service.IsRunning);
    }

    private static string? StateOf(UssService service, string disk) =>
        JsonDocument.Parse(service.Command("disk", "show", disk, "-o", "json").Succeeded()).RootElement.GetProperty("state").GetString();

    private string NewDevice(string file, int sizeMiB)
    {
        var path = Folder[file];
        var device = Sandbox.Shell(Limit, $"truncate -s {sizeMiB}M {path}; losetup --find --show {path}").Succeeded().Trim();
        _devices.Add(device);
        return device;
    }
}
