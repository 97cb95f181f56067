using Uss.Coordination;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

/// <summary>What all placement groups of one reactor share.</summary>
public sealed class GroupContext
{
    /// <summary>
    /// How long a member may hold up a change that others have made, in nanoseconds. Local disks get more than the half
    /// second of a remote member: a kernel that writes back gigabytes holds up all files of a file system for seconds.
    /// </summary>
    public const long DefaultStallNs = 10_000_000_000;

    private readonly IGroupCluster? _cluster;
    private readonly ChangeSignal _somethingChanged = new();
    private ReactorTimer? _tick;
    private ulong _nextOperation;
    private readonly ArrivalClock? _arrivals;

    /// <summary>Creates the context of a reactor.</summary>
    /// <param name="reactor">The reactor.</param>
    /// <param name="coordination">Where the groups' records are.</param>
    /// <param name="stallNs">See <see cref="DefaultStallNs"/>.</param>
    /// <param name="cluster">The other nodes and how to find them; null on a node that is alone.</param>
    /// <param name="fence">What the node's front-end heeds; null: of its own.</param>
    public GroupContext(
        Reactor reactor,
        ICoordinationStore coordination,
        long stallNs = DefaultStallNs,
        IGroupCluster? cluster = null,
        FrontEndFence? fence = null)
    {
        Reactor = reactor;
        _cluster = cluster;
        Fence = fence ?? new FrontEndFence(reactor, coordination);
        Records = new GroupRecordStore(reactor, coordination);
        Locks = new RangeLock(reactor);
        FanOuts = new FanOutPool(reactor, stallNs);
        Repairs = new RepairQueue(reactor);
        Pace = new RecoveryPace(reactor);

        if (!IsAlone)
            _arrivals = new ArrivalClock(reactor);
    }

    /// <summary>True on a node without a cluster: it is the primary of everything.</summary>
    public bool IsAlone => _cluster is null;

    /// <summary>True once the node stops: operations wait for nothing any more.</summary>
    public bool IsClosing { get; private set; }

    /// <summary>The node stops.</summary>
    public void BeginClosing()
    {
        IsClosing = true;
        _arrivals?.Stop();
        RaiseChange();
    }

    /// <summary>
    /// How long an operation waits for a primary, and how long after its arrival it may still change anything, in
    /// nanoseconds: less than any initiator waits before it tries another path.
    /// </summary>
    public const long FreshnessNs = 3_000_000_000;

    /// <summary>The node that a disk is attached to; null for this node and for a disk that is not known.</summary>
    public Peer? NodeOf(Guid disk) => _cluster?.NodeOf(disk);

    /// <summary>True for a disk of this node.</summary>
    public bool IsLocal(Guid disk) => _cluster?.IsLocal(disk) ?? true;

    /// <summary>The time for what arrives now, in nanoseconds on the reactor's clock: at most that.</summary>
    public long ArrivalNs => _arrivals?.NowNs ?? Reactor.MonotonicNs;

    /// <summary>A change of a front-end begins.</summary>
    /// <param name="arrivedNs">When it arrived, as <see cref="ArrivalNs"/> told then.</param>
    internal OperationStamp NextOperation(long arrivedNs)
    {
        // Starts anywhere in 64 bits, so that the numbers of two front-ends do not meet.
        if (_nextOperation == 0)
            _nextOperation = Reactor.NewNumber();
        do
            _nextOperation++;
        while (_nextOperation is 0 or GroupStamp.Untold);
        return new OperationStamp(_nextOperation, arrivedNs, false);
    }

    /// <summary>Completes when a group or a peer changed, or some time has passed.</summary>
    /// <param name="atMostNs">The time, in nanoseconds.</param>
    public ValueTask WaitForChangeAsync(long atMostNs)
    {
        _tick ??= Reactor.Schedule(atMostNs, static context => ((GroupContext)context!).Tick(), this);
        return _somethingChanged.WaitAsync();
    }

    /// <summary>Wakes those who wait for a change.</summary>
    public void RaiseChange() => _somethingChanged.Raise();

    private void Tick()
    {
        _tick = null;
        _somethingChanged.Raise();
    }

    /// <summary>The reactor.</summary>
    public Reactor Reactor { get; }

    /// <summary>What the node's front-end heeds.</summary>
    public FrontEndFence Fence { get; }

    /// <summary>Figures of all groups together.</summary>
    public ReplicationCounters Counters { get; } = new();

    /// <summary>Told when a member of a group failed; the argument is the disk.</summary>
    public Action<Guid>? MemberFailed { get; set; }

    /// <summary>Told when a group moved off a disk that works: what it holds of the group can be purged.</summary>
    public Action<PlacementGroup, IReplica>? MemberReleased { get; set; }

    /// <summary>Told when a group's configuration or state changed.</summary>
    public Action<PlacementGroup>? GroupChanged { get; set; }

    /// <summary>Whether a space was removed: its objects are not worth copying.</summary>
    public Func<ulong, bool> IsRemoved { get; set; } = static _ => false;

    /// <summary>The placement group of an object as far as it is known now.</summary>
    public Func<ObjectId, PlacementGroup?> FindGroup { get; set; } = static _ => null;

    /// <summary>Repairs that wait or are under way.</summary>
    public int PendingRepairs => Repairs.Count;

    /// <summary>Reads a group's record.</summary>
    public ValueTask<CoordinationRead> ReadRecordAsync(PlacementGroupId group) => Records.ReadAsync(group);

    /// <summary>Completes once no operation on a space is under way, repairs and copies included.</summary>
    public async ValueTask DrainSpaceAsync(ulong space)
    {
        var ticket = Locks.Enter(space, 0, (long)uint.MaxValue * StoreUnits.BlocksPerObject, true);
        if (!ticket.IsGranted)
            await ticket.WaitAsync();
        Locks.Leave(ticket);
    }

    /// <summary>Versions that an epoch has; fewer in tests.</summary>
    internal uint VersionsPerEpoch { get; set; } = BlockVersion.MaximumCount;

    /// <summary>What this node's disks know of the primaries that change them.</summary>
    public ReplicaGates Gates { get; } = new();

    internal GroupRecordStore Records { get; }

    internal RangeLock Locks { get; }

    internal FanOutPool FanOuts { get; }

    internal RepairQueue Repairs { get; }

    internal RecoveryPace Pace { get; }
}
