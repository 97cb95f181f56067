using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

// Pools whose groups are split in two: each by its primary, one job a group.
public sealed partial class BlockNode
{
    /// <summary>
    /// Splits all groups of a pool in two. It is begun when the answer comes, and done in the background, group by group. A pool that
    /// gets disks is split by itself.
    /// </summary>
    /// <param name="pool">Number of the pool.</param>
    /// <returns>Null when it has begun, or somebody else was faster. Faults: the last split has not come to its end.</returns>
    public ValueTask<Fault?> SplitPoolAsync(int pool) => _pools.SplitAsync(pool);

    private PlacementGroup? FindGroup(ObjectId id) => _pools.Find(SpaceId.PoolOf(id.Space))?.GroupOf(id);

    private async ValueTask SplitGroupAsync(Pool pool, PlacementGroup group)
    {
        if (await group.SplitAsync() is { } other)
        {
            _pools.OnSplit(pool, other.Id, other.Record);
            NoteScrubOfHalf(group.Id, other.Id);
        }

        if (!pool.IsSplitting)
            CatchUpLater();
    }

    internal void OnGroupBorn(PlacementGroup group)
    {
        if (_isClosing)
            _reactor.Spawn(group.CloseAsync());
        Kick();
    }

    // Nothing is started any more, so that nobody must wait for it.
    private async ValueTask CloseUnstartedAsync()
    {
        foreach (var group in _pools.Pools.SelectMany(pool => pool.Groups).ToList())
        {
            if (_peers is null && group.State == GroupState.Starting && !_busyGroups.Contains(group.Id))
                await group.CloseAsync();
        }
    }

    internal void OnTopologyRaised(Change number)
    {
        _topology.Apply(number);
        OnTopologyChanged();
    }

    // A node that is alone looks when it has a reason to; in a cluster somebody else may be faster.
    private void CatchUpLater()
    {
        if (_peers is not null || _isCatchingUp || _isClosing)
            return;
        if (!_pools.IsBehind(_topology.Version) && !_pools.WantsSplit(_topology.Version))
            return;
        _isCatchingUp = true;
        _reactor.Spawn(CatchUpAsync());
    }
}
