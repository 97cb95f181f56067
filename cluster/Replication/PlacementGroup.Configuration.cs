namespace Uss.Replication;

public sealed partial class PlacementGroup
{
    private bool _isReconfiguring;

    // The disk of another node that is to become the primary.
    private Guid? _heir;
    private IReadOnlyList<Guid> _row = [];

    /// <summary>The disks that the placement map wants, the preferred primary first.</summary>
    public IReadOnlyList<Guid> Row => _row;

    /// <summary>Sets the disks that the placement map wants; the group moves there as they come in sync.</summary>
    public void SetRow(IReadOnlyList<Guid> row)
    {
        _row = row;
        if (_joiner is { } joiner && row.Count > 0 && !row.Contains(joiner.DiskId))
        {
            // It is not wanted any more; what it got so far can go.
            DropJoiner();
            _context.MemberReleased?.Invoke(this, joiner.Replica);
        }

        if (State == GroupState.Active)
            Reconfigure();
    }

    /// <summary>
    /// A disk is lost: it gets nothing more and leaves the in-sync set. When it was the only one, the group becomes
    /// unavailable until a disk that holds its data is back.
    /// </summary>
    public void LoseDisk(Guid disk)
    {
        if (_joiner?.DiskId == disk)
            DropJoiner();
        if (_members.FirstOrDefault(member => member.DiskId == disk) is not { } lost || State != GroupState.Active)
            return;
        if (Fail(lost))
            Reconfigure();
        else
            ChangeState(GroupState.Unavailable);
    }

    /// <summary>
    /// A disk takes no more changes but may still be read: it leaves the in-sync set where there is another member, and
    /// stays the source where it is the only one.
    /// </summary>
    public void RetireDisk(Guid disk)
    {
        if (_joiner?.DiskId == disk)
            DropJoiner();
        if (_members.FirstOrDefault(member => member.DiskId == disk) is not { } retired || State != GroupState.Active)
            return;
        Fail(retired);
        Reconfigure();
    }

    // Marks a member as failed unless too few in sync would be left: then it stays whatever it does, and false is returned.
    private bool Fail(GroupMember member)
    {
        if (member.IsFailed)
            return true;
        if (_members.Count(other => other != member && other.Role == MemberRole.InSync && !other.IsFailed) < MinimumCopies)
            return false;
        member.IsFailed = true;
        _context.MemberFailed?.Invoke(member.DiskId);
        return true;
    }

    // Completes once every failed member is out by a committed change. False when the group lost its right to serve.
    private async ValueTask<bool> RemoveFailedAsync()
    {
        while (_members.Any(member => member.MustBeRemoved))
        {
            if (State is not (GroupState.Active or GroupState.Closed))
                return false;
            Reconfigure();
            await _changed.WaitAsync();
        }

        // Without members somebody else has gone on: what failed here may be in sync there.
        return State is GroupState.Active or GroupState.Closed && _members.Length > 0;
    }

    private void DropJoiner()
    {
        if (_joiner is not { } joiner)
            return;
        joiner.IsFailed = true;
        joiner.Role = MemberRole.Gone;
        _joiner = null;
        UpdateTargets();
        Signal();
    }

    private bool WantsEpoch => _count >= _context.VersionsPerEpoch - (_context.VersionsPerEpoch / 4);

    private bool HasWholeRow =>
        _row.Count > 0
        && _row.All(disk => _members.Any(member => member.DiskId == disk && member is { Role: MemberRole.InSync, IsFailed: false }));

    // Members that the map does not want any more and that enough others make up for. The map may want others again before those of
    // its last change came in sync: half of the room is kept for what it wants.
    private bool IsSurplus(GroupMember member) =>
        !_row.Contains(member.DiskId)
        && _row.Count > 0
        && (HasWholeRow || UnwantedBefore(member) >= MemberFanOut.MaximumMembers / 2);

    private int UnwantedBefore(GroupMember member) => _members.TakeWhile(other => other != member)
        .Count(other => other is { Role: MemberRole.InSync, IsFailed: false } && !_row.Contains(other.DiskId));

    /// <summary>
    /// True when the map wants another node's disk as primary, and that disk holds everything. A handover costs operations
    /// a moment, so it is done when the node asks for it.
    /// </summary>
    public bool WantsHandover => _joiner is null && _row.Count > 0 && CanServeUnder(_row[0]);

    /// <summary>Whether operations are answered here now.</summary>
    public bool IsServing => CanRead;

    /// <summary>Makes the disk of another node the primary; completes when it is, or when it cannot be done.</summary>
    public async ValueTask HandOverAsync(Guid heir)
    {
        _heir = heir;
        Reconfigure();
        while (_isReconfiguring)
            await _changed.WaitAsync();
        _heir = null;
    }

    private bool CanServeUnder(Guid heir) =>
        State == GroupState.Active
        && !_context.IsLocal(heir)
        && _members.Any(member => member.DiskId == heir && member is { Role: MemberRole.InSync, IsFailed: false, Replica.IsReachable: true });

    /// <summary>
    /// Names another in-sync disk the primary since this node is not able to serve. Where it could not even start the group, the
    /// record stays what it is but for that.
    /// </summary>
    public async ValueTask ResignAsync(Guid heir)
    {
        _context.Counters.GroupsResigned++;
        if (State == GroupState.Active)
        {
            await HandOverAsync(heir);
            return;
        }

        while (_isReconfiguring)
            await _changed.WaitAsync();
        if (State != GroupState.Unavailable || Record is not { } record || !record.InSync.Contains(heir))
            return;
        var proposal = record with
        {
            Epoch = record.Epoch + 1,
            Primary = heir,
            InSync = [heir, .. record.InSync.Where(disk => disk != heir)],
            Proposer = _context.Records.Proposer,
        };
        _isReconfiguring = true;
        if (await CommitAsync(proposal) && Record.Epoch < proposal.Epoch)
            Record = proposal;
        StepDown();
        _isReconfiguring = false;
        Signal();
    }

    // Of what left, only disks that the map wants are expected back once all of those are in sync.
    private bool HasForgettable =>
        Record is { Departed.Count: > 0 } record && record.Departed.Any(gone => !_row.Contains(gone.Disk)) && HasWholeRow;

    private bool NeedsChange =>
        WantsEpoch
        || HasForgettable
        || (_heir is { } heir && CanServeUnder(heir))
        || _members.Any(member => member.IsFailed || member.Role == MemberRole.Admitting || IsSurplus(member));

    // Starts the one task that commits changes, unless it runs already; it goes on until nothing is left to change.
    private void Reconfigure()
    {
        if (_isReconfiguring || !NeedsChange)
            return;
        _isReconfiguring = true;
        _context.Reactor.Spawn(ReconfigureAsync());
    }

    private async ValueTask ReconfigureAsync()
    {
        while (NeedsChange && State is GroupState.Active or GroupState.Closed)
        {
            var surplus = _members.Where(IsSurplus).ToList();
            var kept = _members.Where(member => !member.IsFailed && !surplus.Contains(member)).ToList();
            var proposal = Propose(DisksOf(kept), _tracker.CleanVersion, surplus);
            if (!await CommitAsync(proposal))
            {
                if (_context.IsAlone)
                    ChangeState(GroupState.Unavailable);
                else
                    StepDown();
                break;
            }

            // Somebody else may have gone on from there meanwhile.
            if (Record?.Epoch >= proposal.Epoch)
                break;
            Adopt(proposal, kept);
            if (!_context.IsLocal(proposal.Primary))
                StepDown();
            foreach (var member in surplus)
                _context.MemberReleased?.Invoke(this, member.Replica);
            Signal();
        }

        _isReconfiguring = false;
        Signal();
    }

    private static IEnumerable<Guid> DisksOf(IEnumerable<GroupMember> members) => members.Select(member => member.DiskId);

    // What is kept holds all up to the clean version, what leaves may lack all above another one where that is older.
    private GroupRecord Propose(
        IEnumerable<Guid> kept, ulong cleanVersion, IReadOnlyList<GroupMember> surplus, ulong? departureVersion = null)
    {
        // The heir comes first or a disk of this node, then what holds the group by the map, in the map's order.
        var order = _row.Concat(kept).ToList();
        var inSync = kept.OrderBy(disk => _heir is { } heir && disk != heir)
            .ThenBy(disk => !_context.IsLocal(disk)).ThenBy(order.IndexOf).ToList();
        var before = Record?.InSync ?? [];
        var departed = (Record?.Departed ?? []).Concat(before.Select(disk => new DepartedMember(disk, departureVersion ?? cleanVersion)))
            .Where(gone => !inSync.Contains(gone.Disk) && surplus.All(member => member.DiskId != gone.Disk)).ToList();
        if (_row.Count > 0 && _row.All(inSync.Contains))
            departed.RemoveAll(gone => !_row.Contains(gone.Disk));
        var joined = (Record?.Joined ?? []).Concat(inSync.Except(before).Select(disk => new JoinedMember(disk, cleanVersion)))
            .Where(member => inSync.Contains(member.Disk) && departed.Any(gone => gone.CleanVersion < member.CleanVersion));
        return new GroupRecord
        {
            Epoch = (Record?.Epoch ?? 0) + 1,
            InSync = inSync,
            Primary = inSync[0],
            Departed = departed,
            Joined = [.. joined],
            CleanVersion = cleanVersion,
            LeastCopies = inSync.Count < _minimumCopies ? Record?.LeastCopies : null,
            Groups = Groups,
            Proposer = _context.Records.Proposer,
        };
    }

    // The record is committed: versions of its epoch may be given now.
    private void Adopt(GroupRecord record, IReadOnlyList<GroupMember> members)
    {
        foreach (var member in _members.Except(members))
        {
            member.Role = MemberRole.Gone;
            _context.Counters.MembersRemoved++;
        }

        foreach (var member in members.Where(member => member.Role == MemberRole.Admitting))
        {
            member.Role = MemberRole.InSync;
            _context.Counters.MembersAdded++;
        }

        Record = record;
        _stamp = new GroupStamp(Id, record.Epoch, Groups);
        if (_context.IsLocal(record.Primary))
            _context.Gates.Of(Id).BeginTerm(_stamp);
        _count = 0;
        var order = record.InSync.ToList();
        _members = [.. members.OrderBy(member => order.IndexOf(member.DiskId))];
        UpdateTargets();
    }
}
