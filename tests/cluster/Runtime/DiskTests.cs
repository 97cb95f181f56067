using Uss.TestSupport;

namespace Uss.Runtime.Tests;

public sealed class DiskTests(string kind) : ReactorContract(kind), IDisposable
{
    private const int Size = 1 << 20;
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("disk");

    public void Dispose() => _folder.Dispose();

    [Test]
    public Task What_is_written_is_read_back() => Run(async reactor =>
    {
        var disk = await OpenAsync(reactor);
        var source = reactor.Buffers.Rent(65536);
        var target = reactor.Buffers.Rent(65536);
        reactor.Random.Fill(source.Slice().Span);
        Assert.That(await disk.WriteAsync(8192, source.Slice()), Is.EqualTo(new IoResult(65536)));
        Assert.That(await disk.FlushAsync(), Is.EqualTo(new IoResult(0)));
        Assert.That(await disk.ReadAsync(8192, target.Slice()), Is.EqualTo(new IoResult(65536)));
        Assert.That(target.Slice().Span.SequenceEqual(source.Slice().Span));
        source.Release();
        target.Release();
        await disk.CloseAsync();
    });

    [Test]
    public Task A_new_disk_has_its_size_and_reads_as_zeros() => Run(async reactor =>
    {
        var disk = await OpenAsync(reactor);
        Assert.That(disk.SizeBytes, Is.EqualTo(Size));
        Assert.That(disk.SectorBytes, Is.EqualTo(512).Or.EqualTo(4096));
        Assert.That(disk.Path, Is.EqualTo(Path));
        Assert.That(disk.IsFile && disk.NeedsFlush);
        var buffer = reactor.Buffers.Rent(Size);
        buffer.Slice().Span.Fill(1);
        Assert.That((await disk.ReadAsync(0, buffer.Slice())).Bytes, Is.EqualTo(Size));
        Assert.That(buffer.Slice().Span.ContainsAnyExcept((byte)0), Is.False);
        buffer.Release();
        await disk.CloseAsync();
    });

    [Test]
    public Task Many_operations_at_once_go_to_their_places([Values(8, 1024)] int submissionEntries) =>
        Run(new ReactorOptions { SubmissionEntries = submissionEntries }, async reactor =>
        {
            var disk = await OpenAsync(reactor);
            var buffers = Enumerable.Range(0, Size / 4096).Select(_ => reactor.Buffers.Rent(4096)).ToArray();
            for (var i = 0; i < buffers.Length; i++)
                buffers[i].Slice().Span.Fill((byte)(i * 7));
            var writes = buffers.Select((buffer, i) => disk.WriteAsync(i * 4096L, buffer.Slice()).AsTask()).ToArray();
            Assert.That((await Task.WhenAll(writes)).Select(r => r.Value), Is.All.EqualTo(4096));
            foreach (var buffer in buffers)
                buffer.Slice().Span.Clear();
            var reads = buffers.Select((buffer, i) => disk.ReadAsync(i * 4096L, buffer.Slice()).AsTask()).ToArray();
            Assert.That((await Task.WhenAll(reads)).Select(r => r.Value), Is.All.EqualTo(4096));
            for (var i = 0; i < buffers.Length; i++)
            {
                Assert.That(buffers[i].Slice().Span.ContainsAnyExcept((byte)(i * 7)), Is.False, $"block {i}");
                buffers[i].Release();
            }

            await disk.CloseAsync();
        });

    [Test]
    public Task Reading_past_the_end_fails() => Run(async reactor =>
    {
        var disk = await OpenAsync(reactor);
        var buffer = reactor.Buffers.Rent(8192);
        Assert.That((await disk.ReadAsync(Size, buffer.Slice())).Error, Is.EqualTo(Errno.Io));
        Assert.That((await disk.ReadAsync(Size - 4096, buffer.Slice())).Error, Is.EqualTo(Errno.Io));
        Assert.That((await disk.ReadAsync(Size - 8192, buffer.Slice())).Bytes, Is.EqualTo(8192));
        buffer.Release();
        await disk.CloseAsync();
    });

    [Test]
    public Task A_discarded_range_loses_or_keeps_its_bytes_and_spares_its_neighbours() => Run(async reactor =>
    {
        var disk = await OpenAsync(reactor);
        var buffer = reactor.Buffers.Rent(Size);
        buffer.Slice().Span.Fill(9);
        await disk.WriteAsync(0, buffer.Slice());
        Assert.That(await disk.DiscardAsync(65536, 131072), Is.EqualTo(new IoResult(0)));
        Assert.That((await disk.ReadAsync(0, buffer.Slice())).Bytes, Is.EqualTo(Size));
        Assert.That(buffer.Slice(0, 65536).Span.ContainsAnyExcept((byte)9), Is.False);
        Assert.That(buffer.Slice(65536, 131072).Span.ContainsAnyExcept((byte)0, (byte)9), Is.False);
        Assert.That(buffer.Slice(65536 + 131072, Size - 65536 - 131072).Span.ContainsAnyExcept((byte)9), Is.False);
        Assert.That(disk.SizeBytes, Is.EqualTo(Size));
        buffer.Release();
        await disk.CloseAsync();
    });

    [Test]
    public Task A_disk_is_locked_against_a_second_opening() => Run(async reactor =>
    {
        var disk = await OpenAsync(reactor);
        var second = await reactor.OpenDiskAsync(Path, default);
        Assert.That(second.Fault?.Code, Is.EqualTo("disk-locked"));
        Assert.That(second.Fault!.Message, Does.Contain(Path));
        Assert.That(second.Fault.Remedy, Is.Not.Empty);

        // Looking is allowed.
        var reader = await reactor.OpenDiskAsync(Path, new DiskOpenOptions(ReadOnly: true));
        Assert.That(reader.Fault, Is.Null);
        await reader.Value!.CloseAsync();

        await disk.CloseAsync();
        var third = await reactor.OpenDiskAsync(Path, default);
        Assert.That(third.Fault, Is.Null);
        await third.Value!.CloseAsync();
    });

    [Test]
    public Task A_missing_disk_is_a_fault() => Run(async reactor =>
    {
        var disk = await reactor.OpenDiskAsync(Path, default);
        Assert.That(disk.Fault?.Code, Is.EqualTo("disk-missing"));
        Assert.That(disk.Fault!.Message, Does.Contain(Path));
    });

    [Test]
    public Task Closing_waits_for_operations() => Run(async reactor =>
    {
        var disk = await OpenAsync(reactor);
        var buffer = reactor.Buffers.Rent(4096);
        var ended = 0;
        async ValueTask WriteAsync(long offset)
        {
            Assert.That((await disk.WriteAsync(offset, buffer.Slice())).Bytes, Is.EqualTo(4096));
            ended++;
        }

        for (var i = 0; i < 10; i++)
            reactor.Spawn(WriteAsync(i * 4096));
        var closing = disk.CloseAsync();
        await closing;
        Assert.That(ended, Is.EqualTo(10));
        await disk.CloseAsync();
        buffer.Release();
    });

    private async ValueTask<IDisk> OpenAsync(Reactor reactor)
    {
        var disk = await reactor.OpenDiskAsync(Path, new DiskOpenOptions(Size));
        Assert.That(disk.Fault, Is.Null);
        return disk.Value!;
    }
}
