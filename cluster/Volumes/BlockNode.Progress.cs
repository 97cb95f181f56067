using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

public sealed partial class BlockNode
{
    private readonly Dictionary<PlacementGroupId, ulong> _progress = [];

    private string ProgressKey => ProgressRecord.Prefix + _options.NodeName;

    /// <summary>Up to which version all copies of a group were equal when the node last noted it.</summary>
    internal ulong CleanVersionOf(PlacementGroupId group) =>
        Math.Max(_progress.GetValueOrDefault(group), _context.Gates.CleanVersionOf(group));

    private async ValueTask<Fault?> LoadProgressAsync()
    {
        var read = await _coordination.ListAsync(ProgressRecord.Prefix);
        if (!read.IsAvailable)
            return CoordinationFaults.Unavailable;
        foreach (var entry in read.Entries)
        {
            var record = CoordinationJson.Read(entry.Key, entry.Value, VolumesJson.Default.ProgressRecord);
            if (!record.IsOk)
                return record.Fault;

            // Whoever noted it, and whenever: it held for all who were in sync then, and so for all who are now.
            foreach (var pool in record.Value.Pools)
            {
                for (var i = 0; i < pool.CleanVersions.Count; i++)
                {
                    var group = new PlacementGroupId(pool.Pool, i);
                    _progress[group] = Math.Max(_progress.GetValueOrDefault(group), pool.CleanVersions[i]);
                }
            }
        }

        return null;
    }

    // Objects of which only holes are left, and whose history no copy needs, need not be remembered.
    private void ForgetHoles()
    {
        foreach (var store in _disks.Where(disk => disk.IsUsable).Select(disk => disk.Store!))
            store.ForgetHoles(id => SettledVersionOf(id, store.DiskId));
    }

    private ulong SettledVersionOf(ObjectId id, Guid disk)
    {
        if (_pools.Find(SpaceId.PoolOf(id.Space))?.GroupOf(id) is not { } group || group.State != GroupState.Active)
            return 0;
        return group.IsConcernedWith(disk) ? group.SettledVersion : StoreUnits.MaximumVersion;
    }

    // Notes what is equal now. Nothing waits for it: without it, more has to be compared after a crash.
    private async ValueTask SaveProgressAsync()
    {
        var isChanged = false;
        var pools = _pools.Pools.Where(pool => pool.Record.Copies > 1).ToList();
        foreach (var pool in pools)
        {
            foreach (var group in pool.Groups)
            {
                // A group that is not served says nothing; what was noted before still holds.
                var clean = Math.Max(CleanVersionOf(group.Id), group.Primary is null ? 0 : group.CleanVersion);
                isChanged |= clean != CleanVersionOf(group.Id);
                _progress[group.Id] = clean;
            }
        }

        if (!isChanged)
            return;
        var record = new ProgressRecord { Pools = [.. pools.Select(ProgressOf)] };
        await _coordination.CommitAsync([], [new Change(ProgressKey, CoordinationJson.Write(record, VolumesJson.Default.ProgressRecord))]);
    }

    private PoolProgress ProgressOf(Pool pool) => new(
        pool.Record.Id,
        [.. Enumerable.Range(0, pool.Record.Groups).Select(index => CleanVersionOf(new PlacementGroupId(pool.Record.Id, index)))]);
}

/// <summary>Up to which versions the copies of a node's groups are equal, under <c>progress/NODE</c>.</summary>
public sealed record ProgressRecord
{
    /// <summary>Prefix of all such records.</summary>
    public const string Prefix = "progress/";

    /// <summary>One entry a pool.</summary>
    public required IReadOnlyList<PoolProgress> Pools { get; init; }
}

/// <summary>The groups of one pool.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="CleanVersions">By group: every write up to this version is on all in-sync members.</param>
public sealed record PoolProgress(int Pool, IReadOnlyList<ulong> CleanVersions);
