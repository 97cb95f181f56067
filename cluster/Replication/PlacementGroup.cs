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

    /// <summary>Too few in-sync members can be reached: operations end as unavailable.</summary>
    Unavailable,

    /// <summary>Another node is the primary: operations end as unavailable here.</summary>
    Follower,

    /// <summary>Closed: operations end as unavailable.</summary>
    Closed,
}

/// <summary>
/// The primary's side of one placement group: gives versions, orders overlapping operations, writes to all in-sync
/// members at once and acknowledges when every one is durable, reads with healing, and takes members out and in.
/// </summary>
/// <remarks>
/// A disk of another node is the same <see cref="IReplica"/> over the network as one of this node. Every node has an object
/// for every group; it serves on the node whose disk is the primary.
/// </remarks>
public sealed partial class PlacementGroup
{
    private readonly GroupContext _context;

    // Since when, without a break, a disk of this node is in sync; long.MaxValue while none is.
    private long _memberSinceNs = long.MaxValue;
    private readonly WriteTracker _tracker = new();
    private readonly int _firstGroups;
    private int _minimumCopies;

    // In sync or being admitted, the primary first.
    private GroupMember[] _members = [];
    private GroupMember? _joiner;

    // Who gets changes: the members and the joiner.
    private GroupMember[] _targets = [];
    private readonly ChangeSignal _changed = new();
    private GroupStamp _stamp;
    private uint _count;

    /// <summary>Creates a group that has not started.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="groups">How many groups it is one of until a record tells of more.</param>
    /// <param name="context">What it shares with the others of its reactor.</param>
    /// <param name="minimumCopies">Members without which nothing is acknowledged.</param>
    public PlacementGroup(PlacementGroupId id, int groups, GroupContext context, int minimumCopies = 1)
    {
        _minimumCopies = minimumCopies;
        Id = id;
        _firstGroups = Groups = _ownGroups = groups;
        _context = context;
        _stamp = new GroupStamp(id, 0, groups);
    }

    /// <summary>Its name.</summary>
    public PlacementGroupId Id { get; }

    /// <summary>Whether it serves.</summary>
    public GroupState State { get; private set; } = GroupState.Starting;

    /// <summary>
    /// True when it serves or is about to: operations wait here for a moment. False while copies are made first, which takes its time.
    /// </summary>
    public bool IsWaitedFor => State == GroupState.Active || (State == GroupState.Starting && !_isSubstituting);

    /// <summary>
    /// Members without which nothing is acknowledged; fewer for a while after a forced recovery, or when the pool asks for more than
    /// were in sync at that moment: the group serves on with these until others have joined.
    /// </summary>
    public int MinimumCopies
    {
        get
        {
            var least = Record?.LeastCopies is { } forced && forced < _minimumCopies ? forced : _minimumCopies;
            return Record is { } record ? Math.Min(least, record.InSync.Count) : least;
        }
    }

    /// <summary>The pool asks for another number.</summary>
    internal void SetMinimumCopies(int copies)
    {
        _minimumCopies = copies;
        Signal();
    }

    /// <summary>Its record as last heard of or committed; null when there is none yet.</summary>
    public GroupRecord? Record
    {
        get;
        private set
        {
            field = value;
            if (value is not null)
            {
                Groups = Math.Max(Groups, value.Groups);
                NarrowTo(Groups);
            }

            if (value is null || !value.InSync.Any(_context.IsLocal))
                _memberSinceNs = long.MaxValue;
            else if (_memberSinceNs == long.MaxValue)
                _memberSinceNs = _context.Reactor.MonotonicNs;
        }
    }

    /// <summary>Disks that hold every acknowledged write, the primary first. Empty while the group is unavailable.</summary>
    public IEnumerable<Guid> InSync => _members.Where(member => member.Role == MemberRole.InSync).Select(member => member.DiskId);

    /// <summary>True for a disk of <see cref="InSync"/>.</summary>
    public bool IsInSync(Guid disk)
    {
        foreach (var member in _members)
        {
            if (member.DiskId == disk)
                return member.Role == MemberRole.InSync;
        }

        return false;
    }

    /// <summary>The disk that reads come from; null while there is none.</summary>
    public Guid? Primary => _members.Length == 0 ? null : _members[0].DiskId;

    /// <summary>The disk that is catching up, if any.</summary>
    public Guid? Joining => _joiner?.DiskId;

    /// <summary>Every write up to this version is on all in-sync members.</summary>
    public ulong CleanVersion => _tracker.CleanVersion;

    /// <summary>
    /// Nobody asks what changed up to this version: all copies hold it, and no copy that does not is expected back. 0 while
    /// some copy is away or joins. A disk that never was a member compares everything.
    /// </summary>
    public ulong SettledVersion =>
        State == GroupState.Active
        && _joiner is null
        && Record is { Departed.Count: 0 }
        && _members.All(member => member.Role == MemberRole.InSync && !member.IsFailed)
            ? CleanVersion
            : 0;

    /// <summary>Objects that the disk that is catching up has to compare, and how many of them are done.</summary>
    public (long Total, long Done) JoinProgress => _joiner is { } joiner ? (joiner.ObjectsToCompare, joiner.ObjectsCompared) : (0, 0);

    /// <summary>Refuses operations from now on and completes when those under way are done.</summary>
    public async ValueTask CloseAsync()
    {
        ChangeState(GroupState.Closed);
        await _tracker.DrainAsync();
    }

    /// <summary>
    /// Hears of the record as the coordination store has it. A newer one of somebody else ends what this node does as
    /// primary.
    /// </summary>
    public void Observe(GroupRecord record)
    {
        if (record.Proposer == _context.Records.Proposer || (Record is { } known && record.Epoch <= known.Epoch))
            return;
        Record = record;
        StepDown();
    }

    // Somebody else is the primary. What is under way is refused by the members that he has reached.
    private void StepDown()
    {
        DropJoiner();
        _members = [];
        UpdateTargets();
        ChangeState(GroupState.Follower);
    }

    private void ChangeState(GroupState state)
    {
        _term++;
        if (State != GroupState.Closed)
            State = state;
        Signal();
    }

    // Wakes whoever waits for a change of state or configuration.
    private void Signal()
    {
        _changed.Raise();
        _context.GroupChanged?.Invoke(this);
    }

    // False when the group does not serve.
    private async ValueTask<bool> WaitUntilActiveAsync()
    {
        while (IsWaitedFor && State == GroupState.Starting)
            await _changed.WaitAsync();
        return State == GroupState.Active;
    }

    // Nobody can have become primary in this one's place while every member keeps its promise.
    private bool HoldsLease
    {
        get
        {
            if (_context.IsAlone)
                return true;
            var nowNs = _context.Reactor.MonotonicNs;
            foreach (var member in _members)
            {
                if (member.LeaseUntilNs <= nowNs)
                    return false;
            }

            return true;
        }
    }

    private bool CanRead => State == GroupState.Active && HoldsLease;

    // Gives up after a while, so that whoever asks can look for another primary.
    private async ValueTask<bool> WaitUntilReadableAsync()
    {
        var untilNs = _context.Reactor.MonotonicNs + LeaseWaitNs;
        while (await WaitUntilActiveAsync())
        {
            if (HoldsLease)
                return true;
            if (_context.Reactor.MonotonicNs >= untilNs)
                return false;
            await _context.WaitForChangeAsync(LeaseLookNs);
        }

        return false;
    }

    private const long LeaseWaitNs = 1_000_000_000;
    private const long LeaseLookNs = 5_000_000;

    private bool CanWrite => State == GroupState.Active && !_isPaused && _count < _context.VersionsPerEpoch;

    // As above; also waits for a new epoch when this one has no versions left.
    private async ValueTask<bool> WaitUntilWritableAsync()
    {
        while (await WaitUntilActiveAsync())
        {
            if (CanWrite)
                return true;
            if (!_isPaused)
                Reconfigure();
            await _changed.WaitAsync();
        }

        return false;
    }

    private ulong NextVersion()
    {
        // Three quarters in, so that the next epoch is there before this one is used up.
        if (++_count == _context.VersionsPerEpoch - (_context.VersionsPerEpoch / 4))
            Reconfigure();
        return BlockVersion.Compose(_stamp.Epoch, _count);
    }

    private void UpdateTargets() => _targets = _joiner is null ? _members : [.. _members, _joiner];

    private static long AbsoluteBlock(ObjectId id, int firstBlock) => ((long)id.Index * StoreUnits.BlocksPerObject) + firstBlock;

    private static GroupResult ToGroupResult(StoreResult result) => result.Status switch
    {
        StoreStatus.Ok => GroupResult.Ok,
        StoreStatus.NoSpace => new GroupResult(GroupStatus.NoSpace),
        StoreStatus.Damaged => new GroupResult(GroupStatus.Damaged, result.FirstBlock),
        _ => new GroupResult(GroupStatus.Unavailable),
    };
}
