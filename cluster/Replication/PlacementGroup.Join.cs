namespace Uss.Replication;

public sealed partial class PlacementGroup
{
    private IReadOnlyList<Store.ObjectId> _unreadable = [];

    /// <summary>
    /// Takes a disk into the in-sync set: from now on it gets every change; what it missed is compared and copied while
    /// the group serves, then a committed change of the record admits it.
    /// </summary>
    /// <returns>
    /// True once it is in sync. False when it failed, when the group does not serve, or when some blocks can be read from
    /// no copy: then the disk goes on getting changes, and the call can be repeated to look at those blocks again.
    /// </returns>
    public async ValueTask<bool> JoinAsync(IReplica replica)
    {
        if (_members.FirstOrDefault(known => known.DiskId == replica.DiskId) is { } present)
            return present.Role == MemberRole.InSync && !present.IsFailed;
        var isOtherJoining = _joiner is not null && _joiner.DiskId != replica.DiskId;
        if (State != GroupState.Active || _isPurging || isOtherJoining || _targets.Length >= MemberFanOut.MaximumMembers)
            return false;
        if (_context.FanOuts.HasLate(replica.DiskId))
            return false;

        SyncOutcome outcome;
        GroupMember joiner;
        if (_joiner is null)
        {
            var since = DepartureOf(replica.DiskId);
            _joiner = joiner = new GroupMember(replica, MemberRole.Joining);
            _unreadable = [];
            UpdateTargets();
            Signal();

            // Changes that began before do not go to the joiner: what they change is seen once they are done.
            await _tracker.DrainAsync();
            if (joiner.Role == MemberRole.Gone || State != GroupState.Active)
                return false;
            outcome = await new MemberSync(this, joiner, isPeering: false).RunAsync(since);
        }
        else
        {
            joiner = _joiner;
            outcome = await new MemberSync(this, joiner, isPeering: false).RunAsync(_unreadable);
        }

        if (joiner.Role == MemberRole.Gone || State != GroupState.Active)
            return false;
        switch (outcome)
        {
            case SyncOutcome.Equal:
                return await AdmitAsync(joiner);
            case SyncOutcome.SourceDamaged:
                return false;
            case SyncOutcome.SourceFailed:
                DropJoiner();
                LoseDisk(_members[0].DiskId);
                return false;
            default:
                DropJoiner();
                _context.MemberFailed?.Invoke(joiner.DiskId);
                return false;
        }
    }

    private async ValueTask<bool> AdmitAsync(GroupMember joiner)
    {
        // What began before it had to answer may lag still.
        joiner.MustAnswer = true;
        await _tracker.DrainAsync();
        if (joiner != _joiner || State != GroupState.Active)
            return false;
        joiner.Role = MemberRole.Admitting;
        _joiner = null;
        _members = [.. _members, joiner];
        UpdateTargets();
        while (joiner.Role == MemberRole.Admitting && State == GroupState.Active)
        {
            Reconfigure();
            await _changed.WaitAsync();
        }

        return joiner.Role == MemberRole.InSync && !joiner.IsFailed;
    }

    /// <summary>True when the group has, had or wants data on the disk.</summary>
    public bool IsConcernedWith(Guid disk) =>
        _row.Contains(disk)
        || _joiner?.DiskId == disk
        || _members.Any(member => member.DiskId == disk)
        || (Record is { } record && (record.InSync.Contains(disk) || record.Departed.Any(gone => gone.Disk == disk)));
}
