using System.IO.Compression;
using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.Store.Tests;

/// <summary>A disk of each format version must stay readable.</summary>
public sealed class FixtureTests
{
    private const int DiskBytes = 2 << 20;
    private static readonly StoreFormatOptions _format = new()
    {
        LogBytes = 128 << 10,
        MapBytes = 64 << 10,
        DiskId = new Guid("0f0f0f0f-1111-4222-8333-444444444444"),
    };

    [Test]
    public void A_disk_of_version_1_still_opens()
    {
        using var world = new SimulatedWorld(1);
        world.CreateDisk(StoreRig.Path, DiskBytes);
        var reactor = world.CreateReactor("r");
        world.Run(reactor, () => CopyInAsync(reactor, FixturePath("store-v1.disk.gz")));
        var store = world.Run(reactor, () => ObjectStore.OpenAsync(reactor, StoreRig.Path, StoreOptions.Default)).Value!;
        Assert.That(store.DiskId, Is.EqualTo(_format.DiskId));
        Assert.That(store.HighestVersion, Is.EqualTo(7));
        world.Run(reactor, async () =>
        {
            Assert.That(
                await StampsAsync(reactor, store, 0),
                Is.EqualTo(new[] { new Stamp(1, 0), Stamp.Zeros, new(1, 2) }),
                "the snapshot");
            Assert.That(
                await StampsAsync(reactor, store, StoreUnits.Head),
                Is.EqualTo(new[] { new Stamp(2, 0), Stamp.Zeros, new(1, 2) }),
                "checkpoint and log together");
            Assert.That((await store.VerifyAsync()).IsSound);
            await store.CloseAsync();
        });
    }

    /// <summary>Writes the fixture anew. Run it by name, and only for a new version of the format, under a new file name.</summary>
    [Test]
    [Explicit("writes Fixtures/store-v1.disk.gz")]
    public void Write_the_fixture()
    {
        using var rig = new StoreRig(seed: 1, sizeBytes: DiskBytes, format: _format);
        rig.Open();
        rig.Run(async () =>
        {
            await rig.WriteAsync(new ObjectId(1, 2), 10, 3, 1, 5);
            await rig.Store.DiscardAsync(new ObjectId(1, 2), 11, 1, 6);
        });
        rig.Close();
        rig.Open();
        rig.Run(async () => await rig.WriteAsync(new ObjectId(1, 2), 10, 1, 2, 7, sequence: 1));
        rig.Crash();
        var content = new byte[DiskBytes];
        rig.Disk.Peek(0, content);
        using var file = File.Create(FixturePath("store-v1.disk.gz"));
        using var packed = new GZipStream(file, CompressionLevel.SmallestSize);
        packed.Write(content);
    }

    private static async ValueTask<Stamp[]> StampsAsync(Reactor reactor, ObjectStore store, uint sequence)
    {
        var buffer = reactor.Buffers.Rent(3 * 4096);
        var slice = buffer.Slice(0, 3 * 4096);
        Assert.That((await store.ReadAsync(new ObjectId(1, 2), 10, slice, sequence)).IsOk);
        var stamps = Enumerable.Range(0, 3).Select(i => Stamp.Read(slice.Slice(i * 4096, 4096).Span)).ToArray();
        buffer.Release();
        return stamps;
    }

    private static async ValueTask<bool> CopyInAsync(Reactor reactor, string path)
    {
        var disk = (await reactor.OpenDiskAsync(StoreRig.Path, default)).Value!;
        var buffer = reactor.Buffers.Rent(DiskBytes);
        await using (var packed = new GZipStream(File.OpenRead(path), CompressionMode.Decompress))
            packed.ReadExactly(buffer.Slice().Span[..DiskBytes]);
        Assert.That((await disk.WriteAsync(0, buffer.Slice(0, DiskBytes))).IsOk);
        await disk.FlushAsync();
        buffer.Release();
        await disk.CloseAsync();
        return true;
    }

    private static string FixturePath(string name, [CallerFilePath] string source = "") =>
        Path.Combine(Path.GetDirectoryName(source)!, "Fixtures", name);
}
