using Uss.Store;

namespace Uss.Replication;

public sealed partial class PlacementGroup
{
    // While it is set no disk joins: what is discarded here and what is copied there must not meet.
    private bool _isPurging;

    /// <summary>
    /// Discards what a disk holds of this group, which it is no member of any more. Nothing is discarded, or no more, unless
    /// nobody can be primary in this one's place, neither record nor map name the disk, and every disk that the map names is
    /// in sync; what is left then is found again later.
    /// </summary>
    /// <remarks>
    /// A discard of a primary that was deposed meanwhile is refused like any other change of his, once his successor has
    /// asked the disk for what it holds; and before that the successor has copied nothing there.
    /// </remarks>
    public async ValueTask PurgeAsync(IReplica replica)
    {
        if (_isPurging || !MayPurge(replica.DiskId))
            return;
        _isPurging = true;
        var stamp = _stamp;
        var held = await replica.ListChangedSinceAsync(stamp, stamp.Groups, 0) ?? [];
        foreach (var summary in held.OrderBy(summary => summary.Id.Space).ThenBy(summary => summary.Id.Index))
        {
            if (summary.PresentBlocks == 0 || !Owns(summary.Id))
                continue;
            if (!MayPurge(replica.DiskId)
                || !(await replica.DiscardAsync(stamp, summary.Id, 0, StoreUnits.BlocksPerObject, summary.HighestVersion, 0)).IsOk)
                break;
            _context.Counters.ObjectsPurged++;
        }

        _isPurging = false;
        Signal();
    }

    private bool MayPurge(Guid disk) =>
        State == GroupState.Active
        && HoldsLease
        && !IsConcernedWith(disk)
        && _row.Count > 0
        && _row.All(wanted => _members.Any(member => member.DiskId == wanted && member is { Role: MemberRole.InSync, IsFailed: false }));
}
