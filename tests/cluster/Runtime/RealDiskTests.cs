using Uss.Runtime.Threaded;
using Uss.TestSupport;

namespace Uss.Runtime.Tests;

/// <summary>Disks on real files, which others may change.</summary>
public sealed class RealDiskTests(string kind) : RealReactorContract(kind), IDisposable
{
    private const int Size = 1 << 20;
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("disk");

    public void Dispose() => _folder.Dispose();

    [Test]
    public Task A_file_cut_short_reads_as_an_error_and_shows_its_new_size([Values(0, 512, 100)] int oddBytes) => Run(async reactor =>
    {
        var disk = await OpenAsync(reactor);
        var buffer = reactor.Buffers.Rent(65536);
        Assert.That((await disk.WriteAsync(0, buffer.Slice())).IsOk);
        var other = Libc.Open(Path, Libc.OpenReadWrite, 0);
        Assert.That(Libc.Truncate(other, 32768 + oddBytes), Is.Zero);
        _ = Libc.Close(other);
        Assert.That((await disk.ReadAsync(0, buffer.Slice())).Error, Is.EqualTo(Errno.Io));
        Assert.That((await disk.ReadAsync(0, buffer.Slice(0, 32768))).Bytes, Is.EqualTo(32768));
        Assert.That(disk.SizeBytes, Is.EqualTo(Size));
        Assert.That(await disk.RefreshSizeAsync(), Is.EqualTo(new IoResult(0)));
        Assert.That(disk.SizeBytes, Is.EqualTo(32768 + oddBytes));
        buffer.Release();
        await disk.CloseAsync();
    });

    [Test]
    public Task A_closed_disk_refuses_operations() => Run(async reactor =>
    {
        var disk = await OpenAsync(reactor);
        var buffer = reactor.Buffers.Rent(4096);
        var closing = disk.CloseAsync();
        Assert.That((await disk.ReadAsync(0, buffer.Slice())).Error, Is.EqualTo(Errno.Canceled));
        Assert.That((await disk.WriteAsync(0, buffer.Slice())).Error, Is.EqualTo(Errno.Canceled));
        Assert.That((await disk.FlushAsync()).Error, Is.EqualTo(Errno.Canceled));
        Assert.That((await disk.DiscardAsync(0, 4096)).Error, Is.EqualTo(Errno.Canceled));
        Assert.That((await disk.RefreshSizeAsync()).Error, Is.EqualTo(Errno.Canceled));
        await closing;
        buffer.Release();
    });

    [Test]
    public Task A_discard_gives_space_back() => Run(async reactor =>
    {
        var disk = await OpenAsync(reactor);
        var buffer = reactor.Buffers.Rent(Size);
        buffer.Slice().Span.Fill(9);
        await disk.WriteAsync(0, buffer.Slice());
        await disk.FlushAsync();
        var before = AllocatedBytes();
        Assert.That((await disk.DiscardAsync(0, Size / 2)).IsOk);
        Assert.That(before - AllocatedBytes(), Is.GreaterThanOrEqualTo((Size / 2) - 65536));
        Assert.That((await disk.ReadAsync(0, buffer.Slice(0, Size / 2))).IsOk);
        Assert.That(buffer.Slice(0, Size / 2).Span.ContainsAnyExcept((byte)0), Is.False);
        buffer.Release();
        await disk.CloseAsync();
    });

    [Test]
    public Task New_files_are_sparse_and_for_their_owner_only() => Run(async reactor =>
    {
        var disk = (await reactor.OpenDiskAsync(Path, new DiskOpenOptions(1L << 40))).Value!;
        Assert.That(disk.SizeBytes, Is.EqualTo(1L << 40));
        Assert.That(AllocatedBytes(), Is.LessThan(65536));
        Assert.That(File.GetUnixFileMode(Path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        await disk.CloseAsync();
    });

    [Test]
    public Task A_lock_of_someone_else_is_respected() => Run(async reactor =>
    {
        File.WriteAllBytes(Path, new byte[Size]);
        var other = Libc.Open(Path, Libc.OpenReadWrite, 0);
        Assert.That(Libc.Lock(other, Libc.LockExclusive), Is.Zero);
        Assert.That((await reactor.OpenDiskAsync(Path, default)).Fault?.Code, Is.EqualTo("disk-locked"));
        _ = Libc.Close(other);
        var disk = await reactor.OpenDiskAsync(Path, default);
        Assert.That(disk.Fault, Is.Null);
        await disk.Value!.CloseAsync();
    });

    [Test]
    public Task An_existing_file_keeps_its_size_and_content() => Run(async reactor =>
    {
        File.WriteAllBytes(Path, Enumerable.Repeat((byte)5, 65536).ToArray());
        var disk = (await reactor.OpenDiskAsync(Path, new DiskOpenOptions(Size))).Value!;
        Assert.That(disk.SizeBytes, Is.EqualTo(65536));
        var buffer = reactor.Buffers.Rent(65536);
        Assert.That((await disk.ReadAsync(0, buffer.Slice())).IsOk);
        Assert.That(buffer.Slice().Span.ContainsAnyExcept((byte)5), Is.False);
        buffer.Release();
        await disk.CloseAsync();
    });

    [Test]
    public Task An_empty_file_left_by_an_interrupted_start_gets_its_size() => Run(async reactor =>
    {
        File.WriteAllBytes(Path, []);
        var disk = (await reactor.OpenDiskAsync(Path, new DiskOpenOptions(Size))).Value!;
        Assert.That(disk.SizeBytes, Is.EqualTo(Size));
        await disk.CloseAsync();
    });

    [Test]
    public Task Read_only_disks_refuse_writes_and_are_not_created() => Run(async reactor =>
    {
        Assert.That((await reactor.OpenDiskAsync(Path, new DiskOpenOptions(Size, ReadOnly: true))).Fault?.Code, Is.EqualTo("disk-missing"));
        File.WriteAllBytes(Path, new byte[65536]);
        var disk = (await reactor.OpenDiskAsync(Path, new DiskOpenOptions(ReadOnly: true))).Value!;
        var buffer = reactor.Buffers.Rent(4096);
        Assert.That((await disk.ReadAsync(0, buffer.Slice())).IsOk);
        Assert.That((await disk.WriteAsync(0, buffer.Slice())).IsOk, Is.False);
        buffer.Release();
        await disk.CloseAsync();
    });

    [TestCase("/dev/null", "disk-not-a-disk")]
    [TestCase("/", "disk-not-a-disk")]
    [TestCase("/no-such-directory/disk", "disk-missing")]
    [TestCase("/dev/null/disk", "disk-missing")]
    [TestCase("/proc/disk", "disk-missing")]
    public Task Unusable_paths_are_faults_that_name_them(string path, string code) => Run(async reactor =>
    {
        var disk = await reactor.OpenDiskAsync(path, new DiskOpenOptions(Size));
        Assert.That(disk.Fault?.Code, Is.EqualTo(code));
        Assert.That(disk.Fault!.Message, Does.Contain($"'{path}'"));
        Assert.That(disk.Fault.Remedy, Is.Not.Empty);
    });

    [TestCase(-1L, "disk-size-invalid")]
    [TestCase(1000L, "disk-size-invalid")]
    [TestCase(long.MaxValue & ~4095L, "disk-size-invalid")]
    public Task Sizes_that_cannot_be_are_faults_and_leave_no_file(long sizeBytes, string code) => Run(async reactor =>
    {
        var disk = await reactor.OpenDiskAsync(Path, new DiskOpenOptions(sizeBytes));
        Assert.That(disk.Fault?.Code, Is.EqualTo(code));
        Assert.That(File.Exists(Path), Is.False);
    });

    [Test]
    public Task A_file_system_without_direct_io_works_with_a_warning() => Run(async reactor =>
    {
        // The proc file system has none.
        var disk = await reactor.OpenDiskAsync("/proc/version", new DiskOpenOptions(ReadOnly: true));
        Assert.That(disk.Fault, Is.Null);
        Assert.That(disk.Value!.Warning, Does.Contain("/proc/version"));
        Assert.That(disk.Value.SectorBytes, Is.EqualTo(4096));
        await disk.Value.CloseAsync();

        var direct = await OpenAsync(reactor);
        Assert.That(direct.Warning, Is.Null);
        await direct.CloseAsync();
    });

    private async ValueTask<IDisk> OpenAsync(Reactor reactor)
    {
        var disk = await reactor.OpenDiskAsync(Path, new DiskOpenOptions(Size));
        Assert.That(disk.Fault, Is.Null);
        return disk.Value!;
    }

    private long AllocatedBytes()
    {
        var descriptor = Libc.Open(Path, Libc.OpenReadOnly, 0);
        Assert.That(FileStatus.Get(descriptor, out var status), Is.Zero);
        _ = Libc.Close(descriptor);
        return (long)status.Blocks * 512;
    }
}
