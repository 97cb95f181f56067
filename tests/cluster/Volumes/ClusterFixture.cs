using Uss.Coordination.Simulated;
using Uss.Replication;
using Uss.Replication.Tests.Support;
using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Store;

namespace Uss.Volumes.Tests;

/// <summary>Nodes of a cluster with one in-memory disk each in a simulated world.</summary>
internal sealed class ClusterFixture : IDisposable
{
    private const int Port = 7400;
    private const long LongNs = 600_000_000_000;

    private readonly CoordinationState _state = new();
    private readonly List<FakeDisk> _disks = [];

    public ClusterFixture(int nodes, ulong seed = 1)
    {
        World = new SimulatedWorld(seed);
        for (var i = 0; i < nodes; i++)
        {
            _disks.Add(new FakeDisk(new Guid(i + 1, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0])));
            Reactors.Add(World.CreateReactor(NameOf(i)));
            Nodes.Add(null);
            Stores.Add(null!);
        }

        for (var i = 0; i < nodes; i++)
            Begin(i);
        Assert.That(World.RunUntil(() => Nodes.TrueForAll(HasFoundAll), LongNs));

        bool HasFoundAll(BlockNode? node) => node?.Peers!.All.Count(peer => peer.Disks.Count > 0) == nodes - 1;
    }

    public SimulatedWorld World { get; }

    public List<SimulatedReactor> Reactors { get; } = [];

    /// <summary>The nodes; null for one that is down or starts.</summary>
    public List<BlockNode?> Nodes { get; } = [];

    /// <summary>The store of each node's disk since it was started last.</summary>
    public List<FakeStore> Stores { get; } = [];

    /// <summary>How badly the coordination store treats all nodes.</summary>
    public SimulatedCoordinationFaults Faults { get; } = new();

    /// <summary>Blocks that the nodes which run have copied to members since they started.</summary>
    public long BlocksResynced => Nodes.Sum(node => node?.Counters.BlocksResynced ?? 0);

    /// <summary>The coordination store as a node sees it; to be used on its reactor.</summary>
    public SimulatedCoordinationStore Coordination => new(_state);

    public T Run<T>(int node, Func<ValueTask<T>> work) => World.Run(Reactors[node], work);

    public void CreateVolume(string name, long sizeBytes, int copies)
    {
        var specification = new VolumeSpecification { Name = name, SizeBytes = sizeBytes, Copies = copies };
        Assert.That(Run(0, () => Nodes[0]!.Volumes.CreateAsync(specification)).Fault, Is.Null);
        Assert.That(World.RunUntil(() => Nodes.TrueForAll(node => node!.Volumes.Find(name) is not null), LongNs));
    }

    /// <summary>Kills a process.</summary>
    public void Kill(int node)
    {
        World.Crash(Reactors[node]);
        Nodes[node] = null;
    }

    /// <summary>Starts a process that was killed.</summary>
    public void Restart(int node)
    {
        Reactors[node] = World.CreateReactor(NameOf(node));
        Begin(node);
    }

    /// <summary>Waits until all groups have all copies, seen from every node.</summary>
    public void AwaitHealth() => Assert.That(
        World.RunUntil(() => Nodes.TrueForAll(IsHealthy), LongNs), "the copies do not become complete");

    /// <summary>Writes a range full of one byte value through a node.</summary>
    public VolumeResult Write(int node, string volume, long offset, int length, byte fill) => Run(node, async () =>
    {
        var buffer = Reactors[node].Buffers.Rent(length);
        var slice = buffer.Slice(0, length);
        slice.Span.Fill(fill);
        var result = await Nodes[node]!.Volumes.Find(volume)!.WriteAsync(offset, slice);
        buffer.Release();
        return result;
    });

    public void Dispose()
    {
        for (var i = 0; i < Nodes.Count; i++)
        {
            if (Nodes[i] is { } node)
                World.Run(Reactors[i], () => node.CloseAsync());
        }

        // A process that was killed gave nothing back.
        var rented = Reactors.Where((_, node) => Nodes[node] is not null).Sum(reactor => reactor.Buffers.RentedBuffers);
        World.Dispose();
        Assert.That(rented, Is.Zero, "buffers leaked");
    }

    private static bool IsHealthy(BlockNode? node) =>
        node?.Status is { DegradedGroups: 0, UnavailableGroups: 0, ResyncingGroups: 0 };

    private static string NameOf(int node) => string.Create(null, $"n{node + 1}");

    private void Begin(int index)
    {
        var options = new BlockNodeOptions
        {
            NodeName = NameOf(index),
            Groups = 8,
            Cluster = new PeerOptions
            {
                ClusterId = new Guid(1, 2, 3, new byte[8]),
                ClusterKey = new byte[32],
                Listen = new Endpoint(Reactors[index].Host.Address, Port),
            },
        };
        var store = new FakeStore(_disks[index]);
        Stores[index] = store;
        var source = new DiskSource("disk", () => ValueTask.FromResult(Result<IObjectStore>.Ok(store)));
        World.Start(Reactors[index], async () =>
        {
            var started = await BlockNode.StartAsync(new SimulatedCoordinationStore(_state, Faults), [source], options);
            Assert.That(started.Fault, Is.Null);
            Nodes[index] = started.Value;
            return true;
        });
    }
}
