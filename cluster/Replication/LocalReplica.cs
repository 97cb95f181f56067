using Uss.Placement;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

/// <summary>A store of this node as a member of placement groups.</summary>
public sealed class LocalReplica : IReplica
{
    // How old the figure of free space may get; what is written meanwhile is subtracted.
    private const long FigureAgeNs = 1_000_000_000;

    private readonly IObjectStore _store;
    private readonly Reactor _reactor;
    private long _freeBytes;
    private long _figureNs;

    /// <summary>Wraps an open store of this reactor.</summary>
    public LocalReplica(IObjectStore store)
    {
        _store = store;
        _reactor = Reactor.Current;
        Refresh();
    }

    /// <inheritdoc/>
    public Guid DiskId => _store.DiskId;

    /// <summary>The store.</summary>
    public IObjectStore Store => _store;

    /// <inheritdoc/>
    public long FreeBytes
    {
        get
        {
            if (_reactor.MonotonicNs - _figureNs > FigureAgeNs)
                Refresh();
            return _freeBytes;
        }
    }

    /// <inheritdoc/>
    public ValueTask<StoreResult> ReadAsync(GroupStamp stamp, ObjectId id, int firstBlock, BufferSlice target, uint snapshotSequence) =>
        _store.ReadAsync(id, firstBlock, target, snapshotSequence);

    /// <inheritdoc/>
    public ValueTask<StoreResult> WriteAsync(GroupStamp stamp, StoreWrite write)
    {
        _freeBytes -= write.Source.Length;
        return _store.WriteAsync(write);
    }

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

    // Some space is kept back, so that this figure says that the disk is full before the store does.
    private void Refresh()
    {
        const long mostKeptBytes = 16 << 20;
        var statistics = _store.Statistics;
        _freeBytes = statistics.DataBytes - statistics.UsedBytes - Math.Min(mostKeptBytes, statistics.DataBytes / 64);
        _figureNs = _reactor.MonotonicNs;
    }
}
