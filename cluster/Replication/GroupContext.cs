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

    /// <summary>Creates the context of a reactor.</summary>
    /// <param name="reactor">The reactor.</param>
    /// <param name="coordination">Where the groups' records are.</param>
    /// <param name="stallNs">See <see cref="DefaultStallNs"/>.</param>
    public GroupContext(Reactor reactor, ICoordinationStore coordination, long stallNs = DefaultStallNs)
    {
        Reactor = reactor;
        Records = new GroupRecordStore(reactor, coordination);
        Locks = new RangeLock(reactor);
        FanOuts = new FanOutPool(reactor, stallNs);
        Repairs = new RepairQueue(reactor);
    }

    /// <summary>The reactor.</summary>
    public Reactor Reactor { get; }

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

    internal GroupRecordStore Records { get; }

    internal RangeLock Locks { get; }

    internal FanOutPool FanOuts { get; }

    internal RepairQueue Repairs { get; }
}
