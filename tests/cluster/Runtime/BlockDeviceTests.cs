using System.Diagnostics;
using Uss.TestSupport;

namespace Uss.Runtime.Tests;

/// <summary>Disks on a real block device: a loop device, which takes root and losetup.</summary>
[Category("Full")]
public sealed class BlockDeviceTests(string kind) : RealReactorContract(kind), IDisposable
{
    private const int Size = 8 << 20;
    private readonly TemporaryFolder _folder = new();
    private string _device = "";

    [SetUp]
    public void SetUp()
    {
        if (Environment.UserName != "root" || !File.Exists("/dev/loop-control"))
            Assert.Ignore("loop devices need root");
        using (var file = File.Create(_folder.File("image")))
            file.SetLength(Size);
        var (exitCode, output) = Execute("losetup", "--find", "--show", _folder.File("image"));
        Assert.That(exitCode, Is.Zero, output);
        _device = output.Trim();
    }

    [TearDown]
    public void TearDown()
    {
        if (_device.Length > 0)
            Execute("losetup", "--detach", _device);
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public Task A_device_has_size_and_sector_and_keeps_what_is_written() => Run(async reactor =>
    {
        var disk = (await reactor.OpenDiskAsync(_device, default)).Value!;
        Assert.That((disk.SizeBytes, disk.SectorBytes, disk.IsFile), Is.EqualTo(((long)Size, 512, false)));
        Assert.That(disk.NeedsFlush, Is.EqualTo(File.ReadAllText(QueueFile("write_cache")).Trim() != "write through"));
        var buffer = reactor.Buffers.Rent(65536);
        buffer.Slice().Span.Fill(6);
        Assert.That((await disk.WriteAsync(Size - 65536, buffer.Slice())).Bytes, Is.EqualTo(65536));
        Assert.That((await disk.FlushAsync()).IsOk);
        buffer.Slice().Span.Clear();
        Assert.That((await disk.ReadAsync(Size - 65536, buffer.Slice())).Bytes, Is.EqualTo(65536));
        Assert.That(buffer.Slice().Span.ContainsAnyExcept((byte)6), Is.False);
        Assert.That((await disk.ReadAsync(Size, buffer.Slice())).Error, Is.EqualTo(Errno.Io));
        Assert.That((await disk.WriteAsync(Size, buffer.Slice())).IsOk, Is.False);
        Assert.That((await disk.RefreshSizeAsync()).IsOk);
        Assert.That(disk.SizeBytes, Is.EqualTo(Size));

        Assert.That((await disk.DiscardAsync(Size - 65536, 65536)).IsOk);
        Assert.That((await disk.ReadAsync(Size - 65536, buffer.Slice())).Bytes, Is.EqualTo(65536));
        Assert.That(buffer.Slice().Span.ContainsAnyExcept((byte)0), Is.False);
        buffer.Release();
        await disk.CloseAsync();
    });

    [Test]
    public Task A_device_is_locked_against_us_and_against_mounts() => Run(async reactor =>
    {
        Assert.That(Execute("mkfs.ext4", "-q", "-O", "^has_journal", _device).ExitCode, Is.Zero);
        var mountPoint = Directory.CreateDirectory(_folder.File("mnt")).FullName;
        var disk = (await reactor.OpenDiskAsync(_device, default)).Value!;
        Assert.That((await reactor.OpenDiskAsync(_device, default)).Fault?.Code, Is.EqualTo("disk-locked"));
        Assert.That(Execute("mount", _device, mountPoint).ExitCode, Is.Not.Zero);
        await disk.CloseAsync();

        Assert.That(Execute("mount", _device, mountPoint).ExitCode, Is.Zero);
        var mounted = await reactor.OpenDiskAsync(_device, default);
        Assert.That(mounted.Fault?.Code, Is.EqualTo("disk-locked"));
        Assert.That(mounted.Fault!.Message, Does.Contain(_device));
        Assert.That(Execute("umount", mountPoint).ExitCode, Is.Zero);
    });

    private static (int ExitCode, string Output) Execute(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    private string QueueFile(string name) => $"/sys/block/{System.IO.Path.GetFileName(_device)}/queue/{name}";
}
