namespace Uss.Replication;

public sealed partial class PlacementGroup
{
    private bool _isReconfiguring;
    private IReadOnlyList<Guid> _row = [];

    /// <summary>The disks that the placement map wants, the preferred primary first.</summary>
    public IReadOnlyList<Guid> Row => _row;

    /// <summary>Sets the disks that the placement map wants; the group moves there as they come in sync.</summary>
    public void SetRow(IReadOnlyList<Guid> row)
    {
        _row = row;
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
        Fail(lost);
        if (lost.IsFailed)
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

    // Marks a member as failed unless it is the last one in sync: that one stays whatever it does.
    private void Fail(GroupMember member)
    {
        if (member.IsFailed || !_members.Any(other => other != member && other.Role == MemberRole.InSync && !other.IsFailed))
            return;
        member.IsFailed = true;
        _context.MemberFailed?.Invoke(member.DiskId);
    }

    // Completes once every failed member is out by a committed change. False when the group lost its right to serve.
    private async ValueTask<bool> RemoveFailedAsync()
    {
        while (_members.Any(member => member.MustBeRemoved))
        {
            if (State == GroupState.Unavailable)
                return false;
            Reconfigure();
            await _changed.WaitAsync();
        }

        return State != GroupState.Unavailable;
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

    private bool NeedsChange =>
        WantsEpoch || _members.Any(member => member.IsFailed || member.Role == MemberRole.Admitting || IsSurplus(member));

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
                ChangeState(GroupState.Unavailable);
                break;
            }

            Adopt(proposal, kept);
            foreach (var member in surplus)
                _context.MemberReleased?.Invoke(this, member.Replica);
            Signal();
        }

        _isReconfiguring = false;
        Signal();
    }

    private GroupRecord Propose(List<GroupMember> kept, ulong cleanVersion, IReadOnlyList<GroupMember> surplus)
    {
        // A disk that holds the group by the map comes first, in the map's order.
        var order = _row.Concat(kept.Select(member => member.DiskId)).ToList();
        kept.Sort((a, b) => order.IndexOf(a.DiskId).CompareTo(order.IndexOf(b.DiskId)));
        var inSync = kept.Select(member => member.DiskId).ToList();
        var before = Record?.InSync ?? [];
        var departed = (Record?.Departed ?? []).Concat(before.Select(disk => new DepartedMember(disk, cleanVersion)))
            .Where(gone => !inSync.Contains(gone.Disk) && surplus.All(member => member.DiskId != gone.Disk));
        return new GroupRecord
        {
            Epoch = (Record?.Epoch ?? 0) + 1,
            InSync = inSync,
            Primary = inSync[0],
            Departed = [.. departed],
            CleanVersion = cleanVersion,
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
        _stamp = new GroupStamp(Id, record.Epoch);
        _count = 0;
        _members = [.. members];
        UpdateTargets();
    }
}
