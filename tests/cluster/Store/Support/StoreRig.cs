using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.Store.Tests;

/// <summary>A simulated world with one disk and, while it runs, a store on it.</summary>
internal sealed class StoreRig : IDisposable
{
    public const string Path = "/dev/sim0";

    private int _lives;

    public StoreRig(
        ulong seed = 1,
        long sizeBytes = 64 << 20,
        StoreFormatOptions? format = null,
        SimulatedDiskOptions? disk = null,
        StoreOptions? options = null)
    {
        World = new SimulatedWorld(seed);
        Disk = World.CreateDisk(Path, sizeBytes, disk);
        Options = options ?? new StoreOptions();
        Reactor = World.CreateReactor("format");
        var formatted = World.Run(Reactor, () => ObjectStore.FormatAsync(Reactor, Path, format ?? SmallFormat));
        Assert.That(formatted.Fault, Is.Null);
        DiskId = formatted.Value;
    }

    public static StoreFormatOptions SmallFormat { get; } = new() { LogBytes = 1 << 20, MapBytes = 2 << 20 };

    public SimulatedWorld World { get; }

    public SimulatedDisk Disk { get; }

    public Guid DiskId { get; }

    public StoreOptions Options { get; set; }

    public SimulatedReactor Reactor { get; private set; }

    public ObjectStore Store { get; private set; } = null!;

    /// <summary>Starts a new process and opens the store in it.</summary>
    public Fault? TryOpen()
    {
        Reactor = World.CreateReactor($"life{++_lives}", "host");
        var opened = World.Run(Reactor, () => ObjectStore.OpenAsync(Reactor, Path, Options));
        Store = opened.Value!;
        return opened.Fault;
    }

    public ObjectStore Open()
    {
        Assert.That(TryOpen(), Is.Null);
        return Store;
    }

    /// <summary>Closes cleanly and checks that nothing leaked.</summary>
    public void Close()
    {
        Run(() => Store.CloseAsync());
        Assert.That(Reactor.Buffers.RentedBuffers, Is.Zero);
    }

    public void Run(Func<ValueTask> work) => World.Run(Reactor, work);

    public T Run<T>(Func<ValueTask<T>> work) => World.Run(Reactor, work);

    /// <summary>Kills the process; what was not flushed may be lost.</summary>
    public void PowerCut()
    {
        World.PowerCut(Disk);
        Store.Abandon();
    }

    /// <summary>Kills the process; the disk keeps its power.</summary>
    public void Crash()
    {
        World.Crash(Reactor);
        Store.Abandon();
    }

    public async ValueTask<StoreStatus> WriteAsync(ObjectId id, int firstBlock, int blocks, ulong stamp, ulong version, uint sequence = 0)
    {
        var buffer = Reactor.Buffers.Rent(blocks * StoreUnits.BlockBytes);
        for (var i = 0; i < blocks; i++)
            Stamp.Fill(buffer.Slice(i * StoreUnits.BlockBytes, StoreUnits.BlockBytes).Span, stamp, i);
        var result = await Store.WriteAsync(new StoreWrite
        {
            Id = id,
            FirstBlock = firstBlock,
            Source = buffer.Slice(0, blocks * StoreUnits.BlockBytes),
            Version = version,
            SnapshotSequence = sequence,
        });
        buffer.Release();
        return result.Status;
    }

    /// <summary>Reads blocks and says which stamp each carries: 0 for zeros.</summary>
    public async ValueTask<(StoreResult Result, Stamp[] Stamps)> ReadAsync(
        ObjectId id, int firstBlock, int blocks, uint sequence = StoreUnits.Head)
    {
        var buffer = Reactor.Buffers.Rent(blocks * StoreUnits.BlockBytes);
        buffer.Slice().Span.Fill(0xEE);
        var result = await Store.ReadAsync(id, firstBlock, buffer.Slice(0, blocks * StoreUnits.BlockBytes), sequence);
        var stamps = new Stamp[blocks];
        for (var i = 0; i < blocks; i++)
            stamps[i] = Stamp.Read(buffer.Slice(i * StoreUnits.BlockBytes, StoreUnits.BlockBytes).Span);
        buffer.Release();
        return (result, stamps);
    }

    public void Dispose() => World.Dispose();
}
