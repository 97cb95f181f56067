using Uss.Replication;
using Uss.Store;

namespace Uss.Volumes;

// What a group left behind on a disk when its primary ended, was cut off or handed over before it was purged. Each node looks
// through its own disks; the group's primary decides and discards.
public sealed partial class BlockNode
{
    // A look walks the object tables of the disks, so the next one waits far longer than it took.
    private const long StraySoonNs = 10_000_000_000;
    private const int StrayRest = 1_000;

    private bool _mayHaveStrays = true;

    /// <summary>A map or a record has changed: some disk may hold what it is not to hold any more.</summary>
    internal void LookForStraysSoon() => _mayHaveStrays = true;

    private async ValueTask LookForStraysAsync()
    {
        var lookedNs = _reactor.MonotonicNs;
        var restNs = 0L;
        while (!_isClosing)
        {
            await _reactor.DelayAsync(Math.Max(StraySoonNs, restNs));
            if (_isClosing || (!_mayHaveStrays && _reactor.MonotonicNs - lookedNs < _options.StrayNs))
                continue;
            _mayHaveStrays = false;
            lookedNs = _reactor.MonotonicNs;
            FindStrays();
            restNs = (_reactor.MonotonicNs - lookedNs) * StrayRest;
        }
    }

    // As this node knows map and record, which may be old: the primary looks again.
    private void FindStrays()
    {
        var found = new HashSet<(PlacementGroupId, Guid)>();
        foreach (var disk in _disks.Where(disk => disk is { IsUsable: true, Store.IsClosed: false }))
        {
            foreach (var summary in disk.Store!.ListChangedSince(0))
            {
                var isData = summary.PresentBlocks > 0 && !_removedSpaces.Contains(summary.Id.Space);
                if (!isData || _pools.Find(SpaceId.PoolOf(summary.Id.Space))?.GroupOf(summary.Id) is not { } group)
                    continue;
                if (!group.IsConcernedWith(disk.Replica!.DiskId) && found.Add((group.Id, disk.Replica.DiskId)))
                    TellOfStray(group, summary.Id, disk.Replica);
            }
        }
    }

    private void TellOfStray(PlacementGroup group, ObjectId id, LocalReplica replica)
    {
        if (group.State == GroupState.Active)
            EnqueuePurge(group, replica);
        else if (group.Record is { } record && NodeOf(record.Primary) is { IsConnected: true } primary)
            _reactor.Spawn(StrayNotice.SendAsync(primary, id, replica.DiskId));
    }

    private void NoteStray(PlacementGroup group, ulong diskKey)
    {
        var disk = _directory.All.FirstOrDefault(known => INodeContent.DiskKey(known.Id) == diskKey);
        if (disk is not null && !group.IsConcernedWith(disk.Id) && FindReplica(disk.Id) is { } replica)
            EnqueuePurge(group, replica);
    }

    private void EnqueuePurge(PlacementGroup group, IReplica replica)
    {
        if (_purges.All(purge => purge.Group != group || purge.Replica.DiskId != replica.DiskId))
            _purges.Enqueue((group, replica));
        Kick();
    }
}
