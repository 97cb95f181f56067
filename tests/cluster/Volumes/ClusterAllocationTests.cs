#if !DEBUG
using System.Net;
using System.Runtime.CompilerServices;
using Uss.Coordination.Simulated;
using Uss.Replication;
using Uss.Runtime;
using Uss.Runtime.Threaded;
using Uss.Store;

namespace Uss.Volumes.Tests;

/// <summary>
/// Three nodes with real stores and real connections on one reactor, so that one counter sees what any of them allocates.
/// Release builds only: in a debug build the compiler makes state machines classes, which are allocated.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ClusterAllocationTests
{
    private const int Nodes = 3;
    private const int Operations = 4_000;
    private const int Windows = 5;
    private const int Workers = 12;
    private const long VolumeBytes = 64 << 20;

    // A log that needs no checkpoint meanwhile: those allocate a little, once in thousands of operations.
    private static readonly StoreFormatOptions _format = new() { LogBytes = 128 << 20, MapBytes = 2 << 20 };

    private readonly CoordinationState _state = new();
    private readonly List<BlockNode> _nodes = [];
    private readonly List<Volume> _volumes = [];
    private string _folder = null!;
    private ThreadedReactor _reactor = null!;
    private int _left;

    [SetUp]
    public async Task SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("uss-allocation-").FullName;
        _reactor = ReactorFactory.Create(new ReactorOptions { Seed = 1 }).Value.Reactor;
        _reactor.Start();
        await _reactor.InvokeAsync(StartAsync);
    }

    [TearDown]
    public async Task TearDown()
    {
        await _reactor.InvokeAsync(async () =>
        {
            foreach (var node in _nodes)
                await node.CloseAsync();
            return true;
        });
        var rented = _reactor.Buffers.RentedBuffers;
        await _reactor.StopAsync();
        Directory.Delete(_folder, recursive: true);
        Assert.That(rented, Is.Zero);
    }

    [TestCase(true)]
    [TestCase(false)]
    [Category("Full")]
    public async Task A_replicated_4_KiB_operation_allocates_nothing_in_the_steady_state(bool isWrite)
    {
        // What nodes do by the clock (leases, progress, timers) is counted in an idle time and taken off. It comes in bursts, so
        // that a window may have more of it than its share; one that has not more shows what operations allocate.
        var least = await _reactor.InvokeAsync(async () =>
        {
            // Members remember the operations of the last seconds: until that long has passed, their memories grow.
            var steadyNs = _reactor.MonotonicNs + (isWrite ? 2 * GroupContext.FreshnessNs : 0);
            await RunAsync(isWrite: true);
            do
                await RunAsync(isWrite);
            while (_reactor.MonotonicNs < steadyNs);
            var idleBefore = GC.GetAllocatedBytesForCurrentThread();
            await _reactor.DelayAsync(2_000_000_000);
            var idlePerSecond = (GC.GetAllocatedBytesForCurrentThread() - idleBefore) / 2;
            var least = double.MaxValue;
            for (var window = 0; window < Windows; window++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                var startedNs = _reactor.MonotonicNs;
                await RunAsync(isWrite);
                var idle = (_reactor.MonotonicNs - startedNs) / 1e9 * idlePerSecond;
                least = Math.Min(least, (GC.GetAllocatedBytesForCurrentThread() - before - idle) / Operations);
            }

            TestContext.Out.WriteLine($"{least:F2} bytes an operation, {idlePerSecond} bytes a second when idle");
            return least;
        });

        // The smallest object that every operation could allocate has 24 bytes.
        Assert.That(least, Is.LessThan(4));
    }

    private async ValueTask<bool> StartAsync()
    {
        var ports = Enumerable.Range(0, Nodes).Select(_ => FreePort()).ToList();
        for (var i = 0; i < Nodes; i++)
            _nodes.Add(await StartNodeAsync(i, ports[i]));
        while (!_nodes.TrueForAll(node => node.Peers!.All.Count(peer => peer.Disks.Count > 0) == Nodes - 1))
            await _reactor.DelayAsync(5_000_000);
        var specification = new VolumeSpecification { Name = "v", SizeBytes = VolumeBytes, Copies = Nodes };
        Assert.That((await _nodes[0].Volumes.CreateAsync(specification)).Fault, Is.Null);
        while (!_nodes.TrueForAll(node => node.Volumes.Find("v") is not null && node.Status is { DegradedGroups: 0, UnavailableGroups: 0 }))
            await _reactor.DelayAsync(5_000_000);
        // Until every node has heard the clock of the others, they refuse its changes.
        await _reactor.DelayAsync(2_500_000_000);
        _volumes.AddRange(_nodes.Select(node => node.Volumes.Find("v")!));
        return true;
    }

    private async ValueTask<BlockNode> StartNodeAsync(int index, int port)
    {
        var path = Path.Combine(_folder, string.Create(null, $"disk{index}"));
        await using (var file = File.Create(path))
            file.SetLength(1 << 30);
        Assert.That((await ObjectStore.FormatAsync(_reactor, path, _format)).Fault, Is.Null);
        var source = new DiskSource(path, async () =>
        {
            var store = await ObjectStore.OpenAsync(_reactor, path, StoreOptions.Default);
            return store.IsOk ? Result<IObjectStore>.Ok(store.Value) : store.Fault;
        });
        var options = new BlockNodeOptions
        {
            NodeName = string.Create(null, $"n{index}"),
            Groups = 8,
            Cluster = new PeerOptions
            {
                ClusterId = new Guid(1, 2, 3, new byte[8]),
                ClusterKey = new byte[32],
                Listen = new Endpoint(IPAddress.Loopback, port),

                // Seldom, since what they allocate is not the operations'.
                HeartbeatNs = 1_000_000_000,
                LeaseNs = 20_000_000_000,
                GraceNs = 40_000_000_000,
            },
        };
        var started = await BlockNode.StartAsync(new SimulatedCoordinationStore(_state), [source], options);
        Assert.That(started.Fault, Is.Null);
        return started.Value!;
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async ValueTask RunAsync(bool isWrite)
    {
        _left = Operations;
        var workers = new ValueTask[Workers];
        for (var i = 0; i < workers.Length; i++)
            workers[i] = WorkAsync(_volumes[i % Nodes], isWrite);
        for (var i = 0; i < workers.Length; i++)
            await workers[i];
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask WorkAsync(Volume volume, bool isWrite)
    {
        var buffer = _reactor.Buffers.Rent(4096);
        buffer.Slice().Span.Fill(7);
        while (_left-- > 0)
        {
            var offset = _reactor.Random.Next(VolumeBytes / 4096) * 4096;
            var result = isWrite
                ? await volume.WriteAsync(offset, buffer.Slice(0, 4096))
                : await volume.ReadAsync(offset, buffer.Slice(0, 4096));

            // An assertion would allocate.
            Invariant.Check(result.IsOk);
        }

        buffer.Release();
    }
}
#endif
