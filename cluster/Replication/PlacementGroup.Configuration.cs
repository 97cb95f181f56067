namespace Uss.Replication;

public sealed partial class PlacementGroup
{
    private bool _isReconfiguring;
    private bool _isHandingOver;
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

        return State is GroupState.Active or GroupState.Closed;
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

    // Members that the map does not want any more and that enough others make up for.
    private bool IsSurplus(GroupMember member) =>
        !_row.Contains(member.DiskId)
        && _row.Count > 0
        && _row.All(disk => _members.Any(other => other.DiskId == disk && other.Role == MemberRole.InSync && !other.IsFailed));

    /// <summary>
    /// True when the map wants another node's disk as primary, and that disk holds everything. A handover costs operations
    /// a moment, so it is done when the node asks for it.
    /// </summary>
    public bool WantsHandover =>
        State == GroupState.Active
        && _joiner is null
        && _row.Count > 0
        && !_context.IsLocal(_row[0])
        && _members.Any(member =>
            member.DiskId == _row[0] && member is { Role: MemberRole.InSync, IsFailed: false, Replica.IsReachable: true });

    /// <summary>Makes the disk that the map wants the primary; completes when it is, or when it cannot be done.</summary>
    public async ValueTask HandOverAsync()
    {
        if (!WantsHandover)
            return;
        _isHandingOver = true;
        Reconfigure();
        while (_isReconfiguring)
            await _changed.WaitAsync();
        _isHandingOver = false;
    }

    // Of what left, only disks that the map wants are expected back once all of those are in sync.
    private bool HasForgettable =>
        Record is { Departed.Count: > 0 } record
        && record.Departed.Any(gone => !_row.Contains(gone.Disk))
        && _row.Count > 0
        && _row.All(disk => _members.Any(member => member.DiskId == disk && member is { Role: MemberRole.InSync, IsFailed: false }));

    private bool NeedsChange =>
        WantsEpoch
        || HasForgettable
        || (_isHandingOver && WantsHandover)
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
            var proposal = Propose(kept, _tracker.CleanVersion, surplus);
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

    private GroupRecord Propose(List<GroupMember> kept, ulong cleanVersion, IReadOnlyList<GroupMember> surplus)
    {
        // A disk of this node comes first, then what holds the group by the map, in the map's order.
        var order = _row.Concat(kept.Select(member => member.DiskId)).ToList();
        (bool, int) PlaceOf(GroupMember member) => (!_isHandingOver && !_context.IsLocal(member.DiskId), order.IndexOf(member.DiskId));
        kept.Sort((a, b) => PlaceOf(a).CompareTo(PlaceOf(b)));
        var inSync = kept.Select(member => member.DiskId).ToList();
        var before = Record?.InSync ?? [];
        var departed = (Record?.Departed ?? []).Concat(before.Select(disk => new DepartedMember(disk, cleanVersion)))
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
        _members = [.. members];
        UpdateTargets();
    }
}
