using Uss.Benchmarks.Rig;
using Uss.Coordination.Simulated;
using Uss.Runtime;
using Uss.Runtime.Threaded;
using Uss.Store;
using Uss.Volumes;

namespace Uss.Benchmarks.Volumes;

/// <summary>
/// The block layer of one node on two sparse disk files with one volume. The cluster state is kept in memory: no read or
/// write asks for it.
/// </summary>
internal sealed class VolumeRig
{
    private const long DiskBytes = 16L << 30;
    private const long VolumeBytes = 2L << 30;
    private const int FillBytes = 1 << 20;
    private const int Disks = 2;

    private readonly string _folder;
    private BlockNode _node = null!;

    private VolumeRig(ThreadedReactor reactor, string folder)
    {
        Reactor = reactor;
        _folder = folder;
    }

    public ThreadedReactor Reactor { get; }

    public Volume Volume { get; private set; } = null!;

    /// <summary>Makes the disks and the volume, and writes all of it once.</summary>
    public static async Task<VolumeRig> StartAsync(string folder, int copies)
    {
        var choice = ReactorFactory.Create(new ReactorOptions { Name = "bench", Seed = 1 });
        var rig = new VolumeRig(Need(choice).Reactor, Directory.CreateDirectory(Path.Combine(folder, "volumes")).FullName);
        rig.Reactor.Start();
        rig.Volume = await rig.Reactor.InvokeAsync(() => rig.CreateAsync(copies));
        return rig;
    }

    public async Task StopAsync()
    {
        await Reactor.InvokeAsync(async () =>
        {
            await _node.CloseAsync();
            return true;
        });
        await Reactor.StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static T Need<T>(Result<T> result) => result.IsOk ? result.Value : throw new BenchmarkException(result.Fault.ToString());

    private async ValueTask<Volume> CreateAsync(int copies)
    {
        var sources = new List<DiskSource>();
        for (var i = 0; i < Disks; i++)
        {
            var path = Path.Combine(_folder, string.Create(null, $"disk{i}"));
            await using (var file = File.Create(path))
                file.SetLength(DiskBytes);
            Need(await ObjectStore.FormatAsync(Reactor, path, new StoreFormatOptions()));
            sources.Add(new DiskSource(path, async () =>
            {
                var store = await ObjectStore.OpenAsync(Reactor, path, StoreOptions.Default);
                return store.IsOk ? Result<IObjectStore>.Ok(store.Value) : store.Fault;
            }));
        }

        _node = Need(await BlockNode.StartAsync(new SimulatedCoordinationStore(new CoordinationState()), sources));
        Need(await _node.Volumes.CreateAsync(new VolumeSpecification { Name = "bench", SizeBytes = VolumeBytes, Copies = copies }));
        var volume = _node.Volumes.Find("bench")!;
        await FillAsync(volume);
        return volume;
    }

    private async ValueTask FillAsync(Volume volume)
    {
        var buffer = Reactor.Buffers.Rent(FillBytes);
        Reactor.Random.Fill(buffer.Slice().Span);
        for (long offset = 0; offset < VolumeBytes; offset += FillBytes)
        {
            var result = await volume.WriteAsync(offset, buffer.Slice(0, FillBytes));
            if (!result.IsOk)
                throw new BenchmarkException($"filling the volume failed: {result}");
        }

        buffer.Release();
    }
}
