using Uss.Coordination.Simulated;
using Uss.Replication.Tests.Support;
using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Store;

namespace Uss.Volumes.Tests;

/// <summary>A node with in-memory disks in a simulated world; every test ends with a check for leaked buffers.</summary>
public sealed class VolumeFixture : IDisposable
{
    private int _incarnation;

    public VolumeFixture(ulong seed = 1, int disks = 2)
    {
        World = new SimulatedWorld(seed);
        for (var i = 0; i < disks; i++)
            Disks.Add(new FakeDisk(new Guid(i + 1, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0])));
        Reactor = World.CreateReactor("node0");
    }

    public SimulatedWorld World { get; }

    public SimulatedReactor Reactor { get; private set; }

    public CoordinationState State { get; } = new();

    public List<FakeDisk> Disks { get; } = [];

    public List<FakeStore> Stores { get; } = [];

    public BlockNode Node { get; private set; } = null!;

    /// <summary>Disks that are absent, by index.</summary>
    public HashSet<int> Absent { get; } = [];

    public List<NodeEvent> Events { get; } = [];

    public void Start()
    {
        var started = TryStart();
        Assert.That(started.Fault, Is.Null);
        Node = started.Value!;
        Node.Changed += Events.Add;
    }

    public Result<BlockNode> TryStart() => Run(() => BlockNode.StartAsync(new SimulatedCoordinationStore(State), Sources()));

    /// <summary>Closes the node as a service that stops, and starts it again as a new process.</summary>
    public void StopAndStart()
    {
        Stop();
        Assert.That(Reactor.Buffers.RentedBuffers, Is.Zero);
        CrashAndStart();
    }

    public void Settle(long virtualNs = 60_000_000_000) => World.RunFor(virtualNs);

    /// <summary>Kills the process and starts it again on the same disks.</summary>
    public void CrashAndStart()
    {
        World.Crash(Reactor);
        Reactor = World.CreateReactor(string.Create(null, $"node{++_incarnation}"));
        Start();
    }

    public void Stop() => Run(() => Node.CloseAsync());

    public T Run<T>(Func<ValueTask<T>> work) => World.Run(Reactor, work);

    public void Run(Func<ValueTask> work) => World.Run(Reactor, work);

    public Volume CreateVolume(string name = "v", long sizeBytes = 64 << 20, int copies = 1)
    {
        var created = Run(() => Node.Volumes.CreateAsync(new VolumeSpecification { Name = name, SizeBytes = sizeBytes, Copies = copies }));
        Assert.That(created.Fault, Is.Null);
        return Node.Volumes.Find(name)!;
    }

    /// <summary>Writes bytes through a buffer that starts on a page boundary, or a bit beyond.</summary>
    public VolumeResult Write(IVolume volume, long offset, byte[] bytes, int misalignment = 0) => Run(async () =>
    {
        var buffer = Reactor.Buffers.Rent(bytes.Length + misalignment);
        var slice = buffer.Slice(misalignment, bytes.Length);
        bytes.CopyTo(slice.Span);
        var result = await volume.WriteAsync(offset, slice);
        buffer.Release();
        return result;
    });

    public (VolumeResult Result, byte[] Bytes) Read(IVolume volume, long offset, int length, int misalignment = 0) => Run(async () =>
    {
        var buffer = Reactor.Buffers.Rent(length + misalignment);
        var slice = buffer.Slice(misalignment, length);
        var result = await volume.ReadAsync(offset, slice);
        var bytes = slice.Span.ToArray();
        buffer.Release();
        return (result, bytes);
    });

    public byte[] Pattern(int length)
    {
        var bytes = new byte[length];
        World.Stream("pattern").Fill(bytes);
        return bytes;
    }

    public void Dispose()
    {
        if (Node is not null && !Reactor.IsCrashed)
            Stop();
        var rented = Reactor.Buffers.RentedBuffers;
        World.Dispose();
        Assert.That(rented, Is.Zero, "buffers leaked");
    }

    /// <summary>A source that opens a new store on the disk, unless the disk is absent.</summary>
    public DiskSource Source(int disk) => new(string.Create(null, $"disk{disk}"), () =>
    {
        if (Absent.Contains(disk))
            return ValueTask.FromResult<Result<IObjectStore>>(new Fault("disk-missing", "It is not there."));
        Stores[disk] = new FakeStore(Disks[disk]);
        return ValueTask.FromResult(Result<IObjectStore>.Ok(Stores[disk]));
    });

    private List<DiskSource> Sources()
    {
        Stores.Clear();
        Stores.AddRange(Disks.Select(disk => new FakeStore(disk)));
        return [.. Enumerable.Range(0, Disks.Count).Select(Source)];
    }
}
