using Uss.Placement;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

/// <summary>A store of this node as a member of placement groups.</summary>
public sealed class LocalReplica : IReplica
{
    private readonly IObjectStore _store;

    /// <summary>Wraps an open store.</summary>
    public LocalReplica(IObjectStore store) => _store = store;

    /// <inheritdoc/>
    public Guid DiskId => _store.DiskId;

    /// <summary>The store.</summary>
    public IObjectStore Store => _store;

    /// <inheritdoc/>
    public long FreeBytes
    {
        get
        {
            var statistics = _store.Statistics;
            return statistics.DataBytes - statistics.UsedBytes;
        }
    }

    /// <inheritdoc/>
    public ValueTask<StoreResult> ReadAsync(GroupStamp stamp, ObjectId id, int firstBlock, BufferSlice target, uint snapshotSequence) =>
        _store.ReadAsync(id, firstBlock, target, snapshotSequence);

    /// <inheritdoc/>
    public ValueTask<StoreResult> WriteAsync(GroupStamp stamp, StoreWrite write) => _store.WriteAsync(write);

    /// <inheritdoc/>
    public ValueTask<StoreResult> DiscardAsync(
        GroupStamp stamp, ObjectId id, int firstBlock, int blockCount, ulong version, uint snapshotSequence) =>
        _store.DiscardAsync(id, firstBlock, blockCount, version, snapshotSequence);

    /// <inheritdoc/>
    public ValueTask<StoreResult> DescribeAsync(GroupStamp stamp, ObjectId id, int firstBlock, Memory<BlockDescription> blocks) =>
        _store.DescribeAsync(id, firstBlock, blocks);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ObjectSummary>?> ListChangedSinceAsync(GroupStamp stamp, int groups, ulong version)
    {
        var mine = new List<ObjectSummary>();
        foreach (var summary in _store.ListChangedSince(version))
        {
            if (SpaceId.PoolOf(summary.Id.Space) == stamp.Group.Pool
                && PlacementHash.GroupOf(SpaceId.FamilyOf(summary.Id.Space), summary.Id.Index, groups) == stamp.Group.Index)
                mine.Add(summary);
        }

        return ValueTask.FromResult<IReadOnlyList<ObjectSummary>?>(mine);
    }

    /// <inheritdoc/>
    public ValueTask<StoreResult> DeleteSpaceAsync(ulong space) => _store.DeleteSpaceAsync(space);
}
