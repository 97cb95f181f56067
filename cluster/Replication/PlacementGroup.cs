using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

/// <summary>Whether a placement group serves.</summary>
public enum GroupState
{
    /// <summary>Being started: operations wait.</summary>
    Starting,

    /// <summary>Serving.</summary>
    Active,

    /// <summary>No in-sync member can be reached: operations end as unavailable.</summary>
    Unavailable,

    /// <summary>Closed: operations end as unavailable.</summary>
    Closed,
}

/// <summary>
/// The primary's side of one placement group: gives versions, orders overlapping operations, writes to all in-sync
/// members at once and acknowledges when every one is durable, reads with healing, and takes members out and in.
/// </summary>
public sealed partial class PlacementGroup
{
    private readonly GroupContext _context;
    private GroupMember[] _members = [];
    private TaskCompletionSource? _stateChanged;
    private GroupStamp _stamp;
    private uint _count;
    private readonly WriteTracker _tracker = new();

    /// <summary>Creates a group that has not started.</summary>
    public PlacementGroup(PlacementGroupId id, GroupContext context)
    {
        Id = id;
        _context = context;
        _stamp = new GroupStamp(id, 0);
    }

    /// <summary>Its name.</summary>
    public PlacementGroupId Id { get; }

    /// <summary>Whether it serves.</summary>
    public GroupState State { get; private set; } = GroupState.Starting;

    /// <summary>The record that it serves under; null before it started.</summary>
    public GroupRecord? Record { get; private set; }

    /// <summary>Disks that hold every acknowledged write, the primary first.</summary>
    public IEnumerable<Guid> InSync => _members.Select(member => member.DiskId);

    /// <summary>Begins to serve under a record that was just committed with a new epoch.</summary>
    /// <param name="record">The record.</param>
    /// <param name="inSync">Its in-sync members, the primary first.</param>
    public void Activate(GroupRecord record, IReadOnlyList<IReplica> inSync)
    {
        Invariant.Check(inSync.Count is > 0 and <= FanOutPool.MaximumMembers && record.Epoch > _stamp.Epoch);
        Record = record;
        _stamp = new GroupStamp(Id, record.Epoch);
        _count = 0;
        _members = [.. inSync.Select(replica => new GroupMember(replica))];
        _tracker.Reset(BlockVersion.Compose(record.Epoch, 0));
        ChangeState(GroupState.Active);
    }

    /// <summary>Says that no in-sync member can be reached.</summary>
    public void MakeUnavailable() => ChangeState(GroupState.Unavailable);

    /// <summary>Refuses operations from now on; those under way finish.</summary>
    public void Close() => ChangeState(GroupState.Closed);

    private void ChangeState(GroupState state)
    {
        State = state;
        var waiters = _stateChanged;
        _stateChanged = null;
        waiters?.SetResult();
    }

    // Waits while the group starts. False when it does not serve.
    private async ValueTask<bool> WaitUntilActiveAsync()
    {
        while (State == GroupState.Starting)
            await (_stateChanged ??= new TaskCompletionSource()).Task;
        return State == GroupState.Active;
    }

    private ulong NextVersion() => BlockVersion.Compose(_stamp.Epoch, ++_count);

    private static long AbsoluteBlock(ObjectId id, int firstBlock) => ((long)id.Index * StoreUnits.BlocksPerObject) + firstBlock;
}
