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
    private readonly Dictionary<SimulatedDisk, Guid> _ids = [];
    private readonly List<ObjectStore> _discarded = [];

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

    /// <summary>Told on the node's reactor of each start, when the node serves.</summary>
    public Action<BlockNode>? Started { get; set; }

    public bool IsUp => !Reactor.IsCrashed;

    /// <summary>True when the process serves and is not stopped in the middle.</summary>
    public bool IsAtWork => IsUp && Node is not null && !Reactor.IsFrozen;

    /// <summary>True when the process was asked to end, until it is killed.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>True once the node knows that it was taken out of the cluster, and has ended.</summary>
    public bool IsToldOfRemoval { get; private set; }

    /// <summary>Identity of one of its disks, also of one that was discarded.</summary>
    public Guid IdOf(SimulatedDisk disk) => _ids[disk];

    /// <summary>Formats a disk, while the process is there and the node is not.</summary>
    public SimulatedDisk AddDisk(long sizeBytes, SimulatedDiskOptions options, StoreFormatOptions format)
    {
        var disk = _world.CreateDisk($"/{Name}/disk{_ids.Count}", sizeBytes, options);
        var formatted = _world.Run(Reactor, () => ObjectStore.FormatAsync(Reactor, disk.Path, format));
        if (!formatted.IsOk)
            throw new SimulationException($"a sound disk can be formatted: {formatted.Fault}");
        Disks.Add(disk);
        _ids.Add(disk, formatted.Value);
        return disk;
    }

    /// <summary>Starts the node; it serves some time later.</summary>
    public void Start()
    {
        if (Reactor.IsCrashed)
            Reactor = _world.CreateReactor(Name);
        _world.Start(Reactor, () => StartAsync(Reactor));
    }

    /// <summary>Takes a disk of another machine that the running node has taken.</summary>
    public void Adopt(SimulatedDisk disk)
    {
        Disks.Add(disk);
        _ids.Add(disk, Stores[disk].DiskId);
    }

    /// <summary>A disk that was removed is not given to the node again.</summary>
    public void Discard(SimulatedDisk disk)
    {
        Disks.Remove(disk);
        if (Stores.Remove(disk, out var store))
            _discarded.Add(store);
    }

    /// <summary>Ends the process as an operator asks for it: what is under way finishes. Whoever asks kills what is left of it.</summary>
    public void Stop()
    {
        if (Node is not { } running)
            return;
        Node = null;
        IsStopped = true;
        _world.Start(Reactor, async () =>
        {
            await running.CloseAsync();
            return true;
        });
    }

    /// <summary>Kills the process, or takes the power from the machine.</summary>
    public void Kill(bool isPowerCut)
    {
        if (isPowerCut)
            _world.PowerCut(Host);
        else
            _world.Crash(Reactor);
        Node = null;
        IsStopped = false;
        foreach (var store in Stores.Values.Concat(_discarded))
            store.Abandon();
        Stores.Clear();
        _discarded.Clear();
    }

    /// <summary>A disk was refused, and its store closed again.</summary>
    public void ForgetClosed()
    {
        foreach (var (disk, _) in Stores.Where(entry => entry.Value.IsClosed).ToList())
            Stores.Remove(disk);
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

                // A node that has not heard of the removal of a disk goes on trying it.
                if (Disks.Contains(disk) || !_ids.ContainsKey(disk))
                    Stores[disk] = opened.Value;
                else
                    _discarded.Add(opened.Value);
                return Result<IObjectStore>.Ok(opened.Value);
            });
    }

    private async ValueTask<bool> StartAsync(SimulatedReactor reactor)
    {
        while (true)
        {
            var coordination = new SimulatedCoordinationStore(_state, Coordination);

            // As the daemon does: a machine that was removed learns it here, or hears of it while it runs.
            if (_state.Get(NodeRecord.RemovedKeyOf(Name)).Entries.Count > 0)
            {
                IsToldOfRemoval = true;
                return false;
            }

            var node = await BlockNode.StartAsync(coordination, Disks.ConvertAll(Source), _options);
            if (node.IsOk)
            {
                Node = node.Value;
                Node.Changed += OnChanged;
                Started?.Invoke(Node);
                if (Node.IsRemoved)
                    OnRemoved();
                return true;
            }

            if (node.Fault.Code == "node-removed")
            {
                IsToldOfRemoval = true;
                return false;
            }

            // As the daemon does: what is not there yet may come.
            if (node.Fault.Code != "coordination-unavailable")
                throw new SimulationException($"{Name} starts: {node.Fault}");
            await reactor.DelayAsync(100_000_000);
        }
    }

    private void OnChanged(NodeEvent change)
    {
        if (change.Kind == NodeEventKind.SelfRemoved)
            OnRemoved();
    }

    private void OnRemoved()
    {
        IsToldOfRemoval = true;
        Stop();
    }
}
