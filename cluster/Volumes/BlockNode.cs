using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

/// <summary>What changed on a node.</summary>
public enum NodeEventKind
{
    /// <summary>A volume can be used.</summary>
    VolumeCreated,

    /// <summary>A volume's record changed, its size for example.</summary>
    VolumeChanged,

    /// <summary>A volume is gone.</summary>
    VolumeRemoved,

    /// <summary>A disk's state changed.</summary>
    DiskChanged,
}

/// <summary>A change on a node.</summary>
/// <param name="Kind">What.</param>
/// <param name="Subject">Name of the volume or disk.</param>
public readonly record struct NodeEvent(NodeEventKind Kind, string Subject);

/// <summary>How a node is set up.</summary>
public sealed record BlockNodeOptions
{
    /// <summary>Name of the node in the topology.</summary>
    public string NodeName { get; init; } = "local";
}

/// <summary>
/// The block layer of one node: its disks, the placement groups on them and the volumes above. Everything runs on the
/// reactor that started it, and every call is made there.
/// </summary>
public sealed partial class BlockNode
{
    private readonly Reactor _reactor = Reactor.Current;
    private readonly ICoordinationStore _coordination;
    private readonly BlockNodeOptions _options;
    private readonly List<NodeDisk> _disks = [];
    private readonly PoolDirectory _pools;

    private BlockNode(ICoordinationStore coordination, BlockNodeOptions options)
    {
        _coordination = coordination;
        _options = options;
        Context = new GroupContext(_reactor, coordination);
        _pools = new PoolDirectory(coordination, Context, this);
        Volumes = new VolumeManager(this, coordination, _pools, _reactor);
    }

    /// <summary>The volumes.</summary>
    public VolumeManager Volumes { get; }

    /// <summary>The pools.</summary>
    public IReadOnlyCollection<Pool> Pools => _pools.Pools;

    /// <summary>Figures of the replication layer.</summary>
    public ReplicationCounters Counters => Context.Counters;

    /// <summary>Raised on the reactor after each change.</summary>
    public event Action<NodeEvent>? Changed;

    internal GroupContext Context { get; }

    /// <summary>
    /// Starts the block layer. A disk that cannot be opened does not stop it: the disk's state says what is wrong, and
    /// what does not need it serves.
    /// </summary>
    /// <param name="coordination">The cluster's state; the caller closes it after the node.</param>
    /// <param name="disks">The node's disks, formatted.</param>
    /// <param name="options">Set-up.</param>
    public static async ValueTask<Result<BlockNode>> StartAsync(
        ICoordinationStore coordination, IReadOnlyList<DiskSource> disks, BlockNodeOptions? options = null)
    {
        var node = new BlockNode(coordination, options ?? new BlockNodeOptions());
        var fault = await node.LoadDisksAsync(disks) ?? await node._pools.LoadAsync() ?? await node.Volumes.StartAsync();
        if (fault is null)
            fault = await node.DeleteRemovedSpacesAsync();
        if (fault is null)
            return node;
        await node.CloseAsync();
        return fault;
    }

    /// <summary>Stops serving, lets operations under way finish and closes the disks.</summary>
    public async ValueTask CloseAsync()
    {
        Volumes.Close();
        foreach (var volume in Volumes.All)
            await volume.RetireAsync();
        _pools.Close();
        foreach (var disk in _disks)
        {
            if (disk.Store is { } store)
                await store.CloseAsync();
            disk.Store = null;
            disk.Replica = null;
        }
    }

    internal void Announce(NodeEvent change) => Changed?.Invoke(change);
}
