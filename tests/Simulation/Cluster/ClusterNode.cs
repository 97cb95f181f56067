using Uss.Coordination.Simulated;
using Uss.Replication;
using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Store;
using Uss.Volumes;

namespace Uss.Simulation.Cluster;

/// <summary>A node of the simulated cluster: a machine with disks, on which a process runs or not.</summary>
internal sealed class ClusterNode
{
    /// <summary>Port of the nodes' own protocol.</summary>
    public const int Port = 7400;

    private readonly SimulatedWorld _world;
    private readonly CoordinationState _state;
    private readonly StoreOptions _storeOptions;
    private readonly BlockNodeOptions _options;

    public ClusterNode(
        SimulatedWorld world,
        string name,
        CoordinationState state,
        StoreOptions storeOptions,
        BlockNodeOptions options,
        PeerOptions cluster,
        long clockOffsetNs)
    {
        _world = world;
        _state = state;
        _storeOptions = storeOptions;
        Name = name;
        Reactor = world.CreateReactor(name);
        Reactor.Host.ClockOffsetNs = clockOffsetNs;
        _options = options with { NodeName = name, Cluster = cluster with { Listen = new Endpoint(Reactor.Host.Address, Port) } };
    }

    public string Name { get; }

    public List<SimulatedDisk> Disks { get; } = [];

    public Dictionary<SimulatedDisk, ObjectStore> Stores { get; } = [];

    public SimulatedCoordinationFaults Coordination { get; } = new();

    public SimulatedReactor Reactor { get; private set; }

    public SimulatedHost Host => Reactor.Host;

    /// <summary>The running node; null while it starts or is down.</summary>
    public BlockNode? Node { get; private set; }

    public bool IsUp => !Reactor.IsCrashed;

    /// <summary>Formats a disk, while the process is there and the node is not.</summary>
    public SimulatedDisk AddDisk(long sizeBytes, SimulatedDiskOptions options, StoreFormatOptions format)
    {
        var disk = _world.CreateDisk($"/{Name}/disk{Disks.Count}", sizeBytes, options);
        var formatted = _world.Run(Reactor, () => ObjectStore.FormatAsync(Reactor, disk.Path, format));
        if (!formatted.IsOk)
            throw new SimulationException($"a sound disk can be formatted: {formatted.Fault}");
        Disks.Add(disk);
        return disk;
    }

    /// <summary>Starts the node; it serves some time later.</summary>
    public void Start()
    {
        if (Reactor.IsCrashed)
            Reactor = _world.CreateReactor(Name);
        _world.Start(Reactor, () => StartAsync(Reactor));
    }

    /// <summary>Kills the process, or takes the power from the machine.</summary>
    public void Kill(bool isPowerCut)
    {
        if (isPowerCut)
            _world.PowerCut(Host);
        else
            _world.Crash(Reactor);
        Node = null;
        foreach (var store in Stores.Values)
            store.Abandon();
        Stores.Clear();
    }

    public DiskSource Source(SimulatedDisk disk)
    {
        var reactor = Reactor;
        return new DiskSource(
            disk.Path,
            async () =>
            {
                var opened = await ObjectStore.OpenAsync(reactor, disk.Path, _storeOptions);
                if (!opened.IsOk)
                    return opened.Fault;
                Stores[disk] = opened.Value;
                return Result<IObjectStore>.Ok(opened.Value);
            });
    }

    private async ValueTask<bool> StartAsync(SimulatedReactor reactor)
    {
        while (true)
        {
            var coordination = new SimulatedCoordinationStore(_state, Coordination);
            var node = await BlockNode.StartAsync(coordination, Disks.ConvertAll(Source), _options);
            if (node.IsOk)
            {
                Node = node.Value;
                return true;
            }

            // As the daemon does: what is not there yet may come.
            if (node.Fault.Code != "coordination-unavailable")
                throw new SimulationException($"{Name} starts: {node.Fault}");
            await reactor.DelayAsync(100_000_000);
        }
    }
}
