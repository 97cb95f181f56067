using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

/// <summary>How a node is set up.</summary>
public sealed record BlockNodeOptions
{
    /// <summary>Name of the node in the topology.</summary>
    public string NodeName { get; init; } = "local";

    /// <summary>How long a disk may hold up a change that other copies have made, in nanoseconds.</summary>
    public long MemberStallNs { get; init; } = GroupContext.DefaultStallNs;

    /// <summary>How often disks that could not be opened are tried again, in nanoseconds.</summary>
    public long DiskRetryNs { get; init; } = 30_000_000_000;

    /// <summary>
    /// How often the node notes up to where its copies are equal, in nanoseconds. After a crash, what changed since then
    /// is compared.
    /// </summary>
    public long ProgressNs { get; init; } = 10_000_000_000;

    /// <summary>Placement groups of a pool that this node makes; 0: as many as the number of disks suggests.</summary>
    public int Groups { get; init; }

    /// <summary>
    /// Copies of groups a disk, on average, below which a pool's groups are split in two; 0: never. Null: 100, and never where
    /// <see cref="Groups"/> is set.
    /// </summary>
    public int? SplitBelowCopies { get; init; }

    /// <summary>How often the node looks on its disks for what groups have left behind there when nothing moves, in nanoseconds.</summary>
    public long StrayNs { get; init; } = 600_000_000_000;

    /// <summary>How often each group is scrubbed, in nanoseconds; 0: only when somebody asks for it.</summary>
    public long ScrubIntervalNs { get; init; } = 7L * 24 * 3600 * 1_000_000_000;

    /// <summary>How long after a start a group waits that was never scrubbed, in nanoseconds.</summary>
    public long ScrubFirstNs { get; init; } = 3600L * 1_000_000_000;

    /// <summary>Bytes a second, of one copy, that a scrub reads at most, over all groups that this node is the primary of.</summary>
    public long ScrubBytesPerSecond { get; init; } = 64L << 20;

    /// <summary>The cluster that the node belongs to; null for a node that is alone.</summary>
    public PeerOptions? Cluster { get; init; }
}

/// <summary>
/// The block layer of one node: its disks, its part in the placement groups and the volumes above. Everything runs on the
/// reactor that started it, and every call is made there.
/// </summary>
public sealed partial class BlockNode
{
    private readonly Reactor _reactor = Reactor.Current;
    private readonly ICoordinationStore _coordination;
    private readonly BlockNodeOptions _options;
    private readonly List<NodeDisk> _disks = [];
    private readonly PoolDirectory _pools;
    private readonly GroupContext _context;
    private readonly HashSet<ulong> _removedSpaces = [];
    private readonly DiskDirectory _directory;
    private readonly PeerTable? _peers;
    private bool _isClosing;

    private BlockNode(ICoordinationStore coordination, BlockNodeOptions options)
    {
        _coordination = coordination;
        _options = options;
        var view = new ClusterView(this);
        _directory = new DiskDirectory(coordination);
        _topology = new TopologyDirectory(coordination);
        var fence = new FrontEndFence(_reactor, coordination);
        if (options.Cluster is { } cluster)
        {
            _peers = new PeerTable(options.NodeName, coordination, view, cluster, fence)
            {
                Changed = OnPeerChanged,
                SelfMissing = OnSelfMissing,
            };
        }

        _context = new GroupContext(_reactor, coordination, options.MemberStallNs, _peers is null ? null : view, fence)
        {
            GroupChanged = OnGroupChanged,
            MemberFailed = OnMemberFailed,
            MemberReleased = OnMemberReleased,
            IsRemoved = _removedSpaces.Contains,
            FindGroup = FindGroup,
        };
        _pools = new PoolDirectory(coordination, _context, this);
        Volumes = new VolumeManager(this, coordination, _pools, _reactor);
        FileSystems = new FileSystemDirectory(this, coordination, _pools, _reactor);
    }

    /// <summary>The volumes.</summary>
    public VolumeManager Volumes { get; }

    /// <summary>The file systems.</summary>
    public FileSystemDirectory FileSystems { get; }

    /// <summary>The pools.</summary>
    public IReadOnlyCollection<Pool> Pools => _pools.Pools;

    /// <summary>Figures of the replication layer.</summary>
    public ReplicationCounters Counters => _context.Counters;

    /// <summary>Raised on the reactor after each change.</summary>
    public event Action<NodeEvent>? Changed;

    /// <summary>How the placement groups are.</summary>
    public NodeStatus Status
    {
        get
        {
            int healthy = 0, degraded = 0, unavailable = 0, resyncing = 0, all = 0;
            foreach (var pool in _pools.Pools)
            {
                foreach (var group in pool.Groups)
                {
                    all++;
                    var (isServing, copies) = HealthOf(group);
                    if (!isServing)
                        unavailable++;
                    else if (copies < pool.Record.Copies)
                        degraded++;
                    else
                        healthy++;
                    if (group.State == GroupState.Active && group.Row.Any(disk => !group.InSync.Contains(disk) && IsUsable(disk)))
                        resyncing++;
                }
            }

            return new NodeStatus
            {
                Groups = all,
                HealthyGroups = healthy,
                DegradedGroups = degraded,
                UnavailableGroups = unavailable,
                ResyncingGroups = resyncing,
                PendingRepairs = _context.PendingRepairs,
                Counters = Counters,
            };
        }
    }

    internal int SuggestGroups(int disks, int copies) =>
        _options.Groups > 0 ? _options.Groups : Placement.PoolPolicy.SuggestGroups(disks, copies);

    /// <summary>Copies of groups a disk, on average, below which a pool's groups are split in two; 0: never.</summary>
    public int SplitBelowCopies => _options.SplitBelowCopies ?? (_options.Groups > 0 ? 0 : Placement.PoolPolicy.CopiesPerDisk);

    internal GroupContext Context => _context;

    /// <summary>The other nodes; null on a node that is alone.</summary>
    public PeerTable? Peers => _peers;

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
        var fault = await node.LoadDisksAsync(disks)
            ?? await node.StartPeersAsync()
            ?? await node.AdoptMovedDisksAsync()
            ?? await node.LoadProgressAsync()
            ?? await node.LoadRemovedSpacesAsync()
            ?? await node.LoadScrubsAsync()
            ?? await node.LoadUsageAsync()
            ?? await node._pools.LoadAsync()
            ?? await node.Volumes.StartAsync()
            ?? await node.FileSystems.StartAsync();
        if (fault is null)
        {
            node.StartBackground();
            return node;
        }

        await node.CloseAsync();
        return fault;
    }

    /// <summary>Stops serving, lets operations under way finish, notes that all copies are equal and closes the disks.</summary>
    public async ValueTask CloseAsync()
    {
        if (_isClosing)
            return;
        _isClosing = true;
        _context.BeginClosing();
        Volumes.Close();
        FileSystems.Close();
        _pools.Close();
        _directory.Close();
        _topology.Close();
        _removedWatch?.Dispose();
        _usageWatch?.Dispose();
        await CloseUnstartedAsync();
        foreach (var volume in Volumes.All.ToList())
            await volume.RetireAsync();
        foreach (var group in _pools.Pools.SelectMany(pool => pool.Groups))
            await group.CloseAsync();
        await WaitForJobsAsync();
        await CloseScrubsAsync();
        await SaveProgressAsync();

        // Others take over as soon as nobody answers here; the disks may take their time.
        if (_peers is not null)
            await _peers.CloseAsync();
        foreach (var close in _disks.Select(disk => disk.CloseAsync()).ToList())
            await close;
    }

    internal void Announce(NodeEvent change) => Changed?.Invoke(change);
}
