using Uss.Coordination;
using Uss.Runtime;

namespace Uss.Replication;

public sealed partial class PlacementGroup
{
    // How long to wait before the coordination store is asked again when it did not answer.
    private const long RetryDelayNs = 100_000_000;

    private long _revision;
    private bool _isSubstituting;

    /// <summary>Revision of its record as last read or committed here.</summary>
    public long Revision => _revision;

    /// <summary>
    /// Starts the group, or starts it again once a disk that it needs is back: raises its epoch by a committed change,
    /// so that no version repeats, makes the in-sync members equal, and serves. Without an in-sync member at hand it
    /// becomes <see cref="GroupState.Unavailable"/>. Where there are too few of them, other disks of the row are made equal in the
    /// place of the missing ones first.
    /// </summary>
    /// <param name="record">Its record as last read; null for a new group.</param>
    /// <param name="revision">Revision of the record; 0 when there is none.</param>
    /// <param name="cleanVersion">Every write up to this version is known to be on all in-sync members.</param>
    /// <param name="online">Disks at hand that the row or the record names.</param>
    /// <param name="taken">Called once the first commit has made this node's disk the primary.</param>
    /// <param name="isBack">True once enough in-sync members are at hand: nobody is made equal in their place then.</param>
    /// <returns>A fault when somebody else changed the record meanwhile.</returns>
    public async ValueTask<Fault?> StartAsync(
        GroupRecord? record,
        long revision,
        ulong cleanVersion,
        IReadOnlyList<IReplica> online,
        Action? taken = null,
        Func<bool>? isBack = null)
    {
        if (State != GroupState.Closed)
            State = GroupState.Starting;
        DropJoiner();
        await _tracker.DrainAsync();

        // One commit at a time: of two with the same epoch nobody could tell which one it was.
        while (_isReconfiguring)
            await _changed.WaitAsync();

        // Somebody else went on from the record that was read.
        if (Record is { } newer && newer.Epoch > (record?.Epoch ?? 0))
        {
            StepDown();
            return null;
        }

        Record = record;
        _revision = revision;
        _members = [];
        cleanVersion = Math.Max(cleanVersion, record?.CleanVersion ?? 0);
        var usable = online.Where(replica => record is null || record.InSync.Contains(replica.DiskId)).ToList();
        var substitutes = online.Where(replica => _row.Contains(replica.DiskId) && !usable.Contains(replica)).ToList();
        while (usable.Count + substitutes.Count >= MinimumCopies
            && usable.Any(replica => _context.IsLocal(replica.DiskId))
            && State == GroupState.Starting)
        {
            var members = usable.Select(replica => new GroupMember(replica, MemberRole.InSync)).ToList();

            // Who is missing stays in the record until somebody is in its place.
            var isShort = members.Count < MinimumCopies;
            var proposal = Propose(isShort ? record!.InSync : DisksOf(members), cleanVersion, []);
            if (!await CommitAsync(proposal))
            {
                if (!_context.IsAlone)
                {
                    StepDown();
                    return null;
                }

                ChangeState(GroupState.Unavailable);
                return new Fault(
                    "group-taken-over",
                    $"The record of placement group {Id} was changed by another process.",
                    "Run one process on a data folder.");
            }

            if (Record?.Epoch >= proposal.Epoch)
                break;
            Adopt(proposal, members);
            taken?.Invoke();
            await _context.Gates.Of(Id).AdvanceAsync(_stamp);
            var failed = await PeerAsync([.. _members.Skip(1)], cleanVersion, null);
            if (failed is null && isShort)
            {
                // Operations do not wait for copies: they are tried again elsewhere, and end as busy after a while.
                _isSubstituting = true;
                Signal();
                failed = await SubstituteAsync(substitutes, cleanVersion, isBack);
                _isSubstituting = false;
            }

            if (failed is null)
            {
                // After the commit: who changed what front-ends heed before it did not see a primary here.
                if (!_context.IsAlone)
                    await _context.Fence.CatchUpAsync(() => State != GroupState.Starting);
                if (State != GroupState.Starting)
                    return null;
                _tracker.Reset(BlockVersion.Compose(_stamp.Epoch, _count));
                ChangeState(GroupState.Active);
                Reconfigure();
                return null;
            }

            if (State == GroupState.Follower)
                return null;
            if (isShort && isBack?.Invoke() == true)
                break;
            if (failed.Role == MemberRole.InSync)
                _context.MemberFailed?.Invoke(failed.DiskId);
            if (usable.Count == 1 && usable.Contains(failed.Replica))
                break;
            usable.Remove(failed.Replica);
            substitutes.Remove(failed.Replica);
        }

        if (State == GroupState.Starting)
            ChangeState(GroupState.Unavailable);
        return null;
    }

    // Commits a configuration and asks until the outcome is known. False: somebody else changed the record, or the group
    // was closed while the coordination store did not answer.
    private async ValueTask<bool> CommitAsync(GroupRecord proposal, (PlacementGroupId Id, GroupRecord Record)? half = null)
    {
        while (Record is null || Record.Epoch < proposal.Epoch)
        {
            var commit = await _context.Records.CommitAsync(Id, _revision, proposal, half);
            if (commit.Status == CommitStatus.Applied)
            {
                _revision = commit.Revision;
                return true;
            }

            // Changes wait for a commit, not for a store that does not answer.
            Resume();

            // A conflict may be with our own proposal, whose first answer was lost.
            var read = await _context.Records.ReadAsync(Id);
            while (!read.IsAvailable)
            {
                if (State == GroupState.Closed)
                    return false;
                await _context.Reactor.DelayAsync(RetryDelayNs);
                read = await _context.Records.ReadAsync(Id);
            }

            var found = read.Entries.Count == 0 ? null : read.Entries[0];
            if (found is not null && found.ModifiedRevision != _revision)
            {
                var present = CoordinationJson.Read(found.Key, found.Value, ReplicationJson.Default.GroupRecord);
                if (!present.IsOk)
                    return false;
                if (present.Value.Proposer != proposal.Proposer || present.Value.Epoch != proposal.Epoch)
                {
                    Observe(present.Value);
                    return false;
                }

                _revision = found.ModifiedRevision;
                return true;
            }

            if ((found is null && _revision != 0) || State == GroupState.Closed)
                return false;
            await _context.Reactor.DelayAsync(RetryDelayNs);
        }

        return false;
    }

    // Makes other members equal to the primary before anything is served. Returns a member that failed, or null.
    private async ValueTask<GroupMember?> PeerAsync(IReadOnlyList<GroupMember> others, ulong cleanVersion, Func<bool>? mustStop)
    {
        for (var place = 0; place < others.Count && State == GroupState.Starting; place++)
        {
            var other = others[place];
            var since = other.Role == MemberRole.InSync ? cleanVersion : DepartureOf(other.DiskId);
            var sync = new MemberSync(this, other, isPeering: true) { MustStop = mustStop };
            var failed = FailedBy(await sync.RunAsync(since), other);

            // What this member had beyond the primary got a newer version; those that were equal before it need that too.
            foreach (var equal in _members.Skip(1).Concat(others.Take(place)).Distinct().TakeWhile(member => member != other))
            {
                if (failed is null && sync.Renewed.Count > 0 && State == GroupState.Starting)
                    failed = FailedBy(await new MemberSync(this, equal, isPeering: true).RunAsync(sync.Renewed), equal);
            }

            if (failed is not null)
                return failed;
        }

        return null;
    }

    // Every in-sync member holds all that was acknowledged. Where too few are at hand to serve, other disks are made equal to the
    // primary while nothing is served; then a commit puts them in the place of those that are missing. Returns a member that
    // failed, or null.
    private async ValueTask<GroupMember?> SubstituteAsync(IReadOnlyList<IReplica> substitutes, ulong cleanVersion, Func<bool>? isBack)
    {
        var wanted = MinimumCopies - _members.Length;
        var joiners = substitutes.Take(wanted).Select(replica => new GroupMember(replica, MemberRole.Joining)).ToList();
        if (joiners.FirstOrDefault(joiner => _context.FanOuts.HasLate(joiner.DiskId)) is { } late)
            return late;
        if (await PeerAsync(joiners, cleanVersion, isBack) is { } failed)
            return failed;
        if (joiners.Count < MinimumCopies - _members.Length)
            ChangeState(GroupState.Unavailable);
        if (State != GroupState.Starting)
            return null;
        GroupMember[] members = [.. _members, .. joiners];

        // All that there is now is on these; what is missing may lack what came after the version that was known to be clean.
        var proposal = Propose(DisksOf(members), BlockVersion.Compose(_stamp.Epoch, _count), [], cleanVersion);
        if (!await CommitAsync(proposal) || Record?.Epoch >= proposal.Epoch)
        {
            StepDown();
            return null;
        }

        foreach (var joiner in joiners)
            joiner.Role = MemberRole.Admitting;
        Adopt(proposal, members);
        await _context.Gates.Of(Id).AdvanceAsync(_stamp);
        _context.Counters.MembersSubstituted += wanted;
        return null;
    }

    private ulong DepartureOf(Guid disk) => Record!.Departed.FirstOrDefault(gone => gone.Disk == disk)?.CleanVersion ?? 0;

    // What no copy at hand can give may be on the disk that is missing.
    private GroupMember? FailedBy(SyncOutcome outcome, GroupMember member) => outcome switch
    {
        SyncOutcome.SourceFailed => _members.FirstOrDefault(),
        SyncOutcome.MemberFailed => member,
        SyncOutcome.SourceDamaged when member.Role != MemberRole.InSync => member,
        _ => null,
    };
}
