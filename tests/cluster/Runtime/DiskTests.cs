using Uss.TestSupport;

namespace Uss.Runtime.Tests;

public sealed class DiskTests(string kind) : ReactorContract(kind), IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public Task What_is_written_is_read_back() => Run(async reactor =>
    {
        var disk = (await reactor.OpenDiskAsync(_folder.File("disk"), new DiskOpenOptions(1 << 20))).Value!;
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
    public Task A_disk_is_locked_against_a_second_opening() => Run(async reactor =>
    {
        var path = _folder.File("disk");
        var disk = (await reactor.OpenDiskAsync(path, new DiskOpenOptions(1 << 20))).Value!;
        var second = await reactor.OpenDiskAsync(path, default);
        Assert.That(second.Fault?.Code, Is.EqualTo("disk-locked"));
        Assert.That(second.Fault!.Message, Does.Contain(path));
        await disk.CloseAsync();
        var third = await reactor.OpenDiskAsync(path, default);
        Assert.That(third.IsOk);
        await third.Value!.CloseAsync();
    });
}
