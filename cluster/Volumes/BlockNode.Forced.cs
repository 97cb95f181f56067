using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

// Forced recovery: the disks that hold everything are gone for good, and an operator decides to go on from another one.
public sealed partial class BlockNode
{
    /// <summary>
    /// What a forced recovery would do; changes nothing. Refused while the group serves or can start by itself, while a
    /// better copy is at hand, and while a member that is away may still serve.
    /// </summary>
    public async ValueTask<Result<ForcedRecovery>> PlanRecoveryAsync(PlacementGroupId id, Guid disk)
    {
        if (FindGroup(id) is not { } group)
            return new Fault("group-not-found", $"There is no placement group {id}.", "List the pools with `uss pool ls`.");
        var read = await _context.ReadRecordAsync(id);
        if (!read.IsAvailable)
            return CoordinationFaults.Unavailable;
        if (read.Entries.Count == 0)
            return new Fault("group-empty", $"Placement group {id} never served: there is nothing to recover.");
        var record = CoordinationJson.Read(read.Entries[0].Key, read.Entries[0].Value, ReplicationJson.Default.GroupRecord);
        if (!record.IsOk)
            return record.Fault;
        if (RefuseRecovery(group, record.Value, disk) is { } refusal)
            return refusal;
        return await DescribeRecoveryAsync(group, record.Value, disk);
    }

    /// <summary>
    /// Makes the disk the only member by a committed record of the next epoch. The others count as disks that hold nothing:
    /// they compare everything before they are in sync again, and what they have beyond this disk is overwritten.
    /// </summary>
    /// <returns>Null when committed; the group serves soon after.</returns>
    public async ValueTask<Fault?> RecoverAsync(ForcedRecovery plan)
    {
        var again = await PlanRecoveryAsync(plan.Group, plan.Disk);
        if (!again.IsOk)
            return again.Fault;
        var read = await _context.ReadRecordAsync(plan.Group);
        if (!read.IsAvailable || read.Entries.Count == 0)
            return CoordinationFaults.Unavailable;
        var entry = read.Entries[0];
        var present = CoordinationJson.Read(entry.Key, entry.Value, ReplicationJson.Default.GroupRecord);
        if (!present.IsOk)
            return present.Fault;
        if (present.Value.Epoch != plan.Epoch)
            return new Fault("group-changed", $"Placement group {plan.Group} has changed since.", "Look at the plan again.");
        var record = new GroupRecord
        {
            Epoch = plan.Epoch + 1,
            InSync = [plan.Disk],
            Primary = plan.Disk,
            Departed = [.. present.Value.InSync.Concat(present.Value.Departed.Select(gone => gone.Disk)).Distinct()
                .Where(gone => gone != plan.Disk).Select(gone => new DepartedMember(gone, 0))],
            LeastCopies = 1,
            Groups = present.Value.Groups,

            // Not this process's own number: it takes its own records for known.
            Proposer = _reactor.NewNumber(),
        };
        var commit = await _coordination.CommitAsync(
            [new Condition(entry.Key, entry.ModifiedRevision)],
            [new Change(entry.Key, CoordinationJson.Write(record, ReplicationJson.Default.GroupRecord))]);
        if (commit.Status == CommitStatus.Unknown)
            return CoordinationFaults.Unavailable;
        if (commit.Status == CommitStatus.Conflict)
            return new Fault("group-changed", $"Placement group {plan.Group} has changed since.", "Look at the plan again.");
        foreach (var key in _notBeforeNs.Keys.Where(key => key.Group == plan.Group).ToList())
            _notBeforeNs.Remove(key);
        FindGroup(plan.Group)!.Observe(record);
        Announce(new NodeEvent(NodeEventKind.GroupForced, plan.Group.ToString()));
        Kick();
        return null;
    }

    private PlacementGroup? FindGroup(PlacementGroupId id) =>
        _pools.Find(id.Pool)?.Find(id.Index);

    private Fault? RefuseRecovery(PlacementGroup group, GroupRecord record, Guid disk)
    {
        var id = group.Id;
        if (HealthOf(group).IsServing)
            return new Fault("group-serves", $"Placement group {id} serves; there is nothing to recover.");
        if (!IsUsable(disk))
            return new Fault("disk-away", $"Disk {disk} cannot be reached.", "Start its node, or name another disk; see `uss disk ls`.");
        var least = Math.Min(record.LeastCopies ?? group.MinimumCopies, group.MinimumCopies);
        if (record.InSync.Count(IsUsable) >= least)
            return new Fault("group-starts", $"Enough disks that hold everything are there for placement group {id}.", "Wait: it will serve.");
        if (!record.InSync.Contains(disk) && record.InSync.FirstOrDefault(IsUsable) is var better && better != default)
        {
            return new Fault(
                "better-copy", $"Disk {better} is at hand and holds every acknowledged write of group {id}.", $"Recover from {better}.");
        }

        // A member that is only cut off may serve on until its promises are over.
        foreach (var peer in record.InSync.Where(member => !IsUsable(member)).Select(NodeOf).OfType<Peer>())
        {
            if (!peer.IsConnected && !_peers!.MayReplace(peer))
                return new Fault("node-silent", $"Node '{peer.Name}' was heard of a moment ago and may still serve.", "Try again in 2 s.");
        }

        return null;
    }

    private async ValueTask<Result<ForcedRecovery>> DescribeRecoveryAsync(PlacementGroup group, GroupRecord record, Guid disk)
    {
        var stamp = new GroupStamp(group.Id, record.Epoch, group.Groups);
        var held = await FindReplica(disk)!.ListChangedSinceAsync(stamp, stamp.Groups, 0);
        if (held is null)
            return new Fault("disk-away", $"Disk {disk} does not answer.", "Try again.");
        var isComplete = record.InSync.Contains(disk);
        var clean = isComplete ? null : record.Departed.FirstOrDefault(gone => gone.Disk == disk)?.CleanVersion;

        // Versions of one epoch are counted one by one; how many an earlier epoch gave is not known.
        var reached = Math.Max(record.CleanVersion, CleanVersionOf(group.Id));
        long? lost = isComplete ? 0
            : clean is not { } known || reached < known ? null
            : BlockVersion.EpochOf(known) == BlockVersion.EpochOf(reached) ? (long)(reached - known)
            : BlockVersion.CountOf(reached);
        var names = Volumes.All.ToDictionary(volume => volume.Space, volume => volume.Name);
        return new ForcedRecovery
        {
            Group = group.Id,
            Disk = disk,
            Epoch = record.Epoch,
            InSync = record.InSync,
            IsComplete = isComplete,
            CleanVersion = isComplete ? reached : clean,
            ChangesLostAtLeast = lost,
            Volumes =
            [
                .. held.Where(summary => names.ContainsKey(summary.Id.Space)).GroupBy(summary => names[summary.Id.Space])
                    .OrderBy(volume => volume.Key, StringComparer.Ordinal)
                    .Select(volume => new RecoveredVolume(
                        volume.Key,
                        volume.Sum(summary => (long)summary.PresentBlocks),
                        volume.Where(summary => !isComplete && summary.HighestVersion > (clean ?? 0))
                            .Sum(summary => (long)summary.PresentBlocks))),
            ],
        };
    }
}
