using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

/// <summary>A store of this node as a member of placement groups.</summary>
public sealed partial class LocalReplica : IReplica
{
    // How old the figure of free space may get; what is written meanwhile is subtracted.
    private const long FigureAgeNs = 1_000_000_000;

    private const long ShareAgeNs = 5_000_000_000;

    private readonly IObjectStore _store;
    private readonly ReplicaGates? _gates;
    private readonly Reactor _reactor;
    private readonly Dictionary<string, (long Bytes, long SinceNs)> _shares = new(StringComparer.Ordinal);
    private long _freeBytes;
    private long _sharedBytes;
    private long _figureNs;

    /// <summary>Wraps an open store of this reactor.</summary>
    /// <param name="store">The store.</param>
    /// <param name="gates">Refuse deposed primaries; null on a node that is alone, where nobody is deposed.</param>
    public LocalReplica(IObjectStore store, ReplicaGates? gates = null)
    {
        _store = store;
        _gates = gates;
        _reactor = Reactor.Current;
        Refresh();
    }

    /// <inheritdoc/>
    public Guid DiskId => _store.DiskId;

    /// <inheritdoc/>
    public Peer? Peer => null;

    /// <inheritdoc/>
    public bool IsReachable => true;

    /// <summary>The store.</summary>
    public IObjectStore Store => _store;

    /// <inheritdoc/>
    public long FreeBytes => RoomBytes - _sharedBytes;

    /// <inheritdoc/>
    public long ShareBytes => RoomBytes / (_shares.Count + 1);

    // What the disk can take from all nodes together.
    private long RoomBytes
    {
        get
        {
            if (_reactor.MonotonicNs - _figureNs > FigureAgeNs)
                Refresh();
            return _freeBytes;
        }
    }

    /// <summary>
    /// Tells another node what the disk can take. Until it asks again, its share of that is held back from this node's own writes.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <param name="sharers">Nodes that share the room, this one included.</param>
    public long Share(string node, int sharers)
    {
        var roomBytes = RoomBytes;
        _shares[node] = (Math.Max(0, roomBytes) / sharers, _reactor.MonotonicNs);
        SumShares();
        return roomBytes;
    }

    /// <inheritdoc/>
    public ValueTask<StoreResult> ReadAsync(GroupStamp stamp, ObjectId id, int firstBlock, BufferSlice target, uint snapshotSequence) =>
        _gates is null || _gates.Of(stamp.Group).IsCurrent(stamp)
            ? _store.ReadAsync(id, firstBlock, target, snapshotSequence)
            : ReadLaterAsync(stamp, id, firstBlock, target, snapshotSequence);

    /// <inheritdoc/>
    public ValueTask<StoreResult> WriteAsync(GroupStamp stamp, StoreWrite write)
    {
        _freeBytes -= write.Source.Length;
        return _gates is null ? _store.WriteAsync(write) : WriteBehindGateAsync(_gates.Of(stamp.Group), stamp, write);
    }

    /// <inheritdoc/>
    public ValueTask<StoreResult> DiscardAsync(
        GroupStamp stamp, ObjectId id, int firstBlock, int blockCount, ulong version, uint snapshotSequence) => _gates is null
        ? _store.DiscardAsync(id, firstBlock, blockCount, version, snapshotSequence)
        : DiscardBehindGateAsync(_gates.Of(stamp.Group), stamp, id, firstBlock, blockCount, version, snapshotSequence);

    /// <inheritdoc/>
    public async ValueTask<StoreResult> DescribeAsync(GroupStamp stamp, ObjectId id, int firstBlock, Memory<BlockDescription> blocks) =>
        await IsRefusedAsync(stamp) ? Refused : await _store.DescribeAsync(id, firstBlock, blocks);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ObjectSummary>?> ListChangedSinceAsync(GroupStamp stamp, int groups, ulong version)
    {
        if (await IsRefusedAsync(stamp) || _store.IsClosed)
            return null;
        var mine = new List<ObjectSummary>();
        foreach (var summary in _store.ListChangedSince(version))
        {
            if (SpaceId.PoolOf(summary.Id.Space) == stamp.Group.Pool
                && SpaceId.GroupOf(summary.Id, groups) == stamp.Group.Index)
                mine.Add(summary);
        }

        return mine;
    }

    /// <summary>As <see cref="IObjectStore.DeleteSpaceAsync"/>. Each node deletes on its own disks.</summary>
    public ValueTask<StoreResult> DeleteSpaceAsync(ulong space) => _store.DeleteSpaceAsync(space);

    private static StoreResult Refused => new(StoreStatus.Closed);

    private async ValueTask<bool> IsRefusedAsync(GroupStamp stamp) =>
        _gates is not null && !await _gates.Of(stamp.Group).AdvanceAsync(stamp);

    private async ValueTask<StoreResult> ReadLaterAsync(
        GroupStamp stamp, ObjectId id, int firstBlock, BufferSlice target, uint snapshotSequence) =>
        await IsRefusedAsync(stamp) ? Refused : await _store.ReadAsync(id, firstBlock, target, snapshotSequence);

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<StoreResult> WriteBehindGateAsync(ReplicaGates.Gate gate, GroupStamp stamp, StoreWrite write)
    {
        if (!gate.TryEnter(stamp) && !await gate.EnterAsync(stamp))
            return Refused;
        var result = await _store.WriteAsync(write);
        if (result.IsOk)
            gate.Remember(stamp, write.Version, _reactor.MonotonicNs);
        gate.Leave(stamp);
        return result;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<StoreResult> DiscardBehindGateAsync(
        ReplicaGates.Gate gate, GroupStamp stamp, ObjectId id, int firstBlock, int blockCount, ulong version, uint snapshotSequence)
    {
        if (!gate.TryEnter(stamp) && !await gate.EnterAsync(stamp))
            return Refused;
        var result = await _store.DiscardAsync(id, firstBlock, blockCount, version, snapshotSequence);
        if (result.IsOk)
            gate.Remember(stamp, version, _reactor.MonotonicNs);
        gate.Leave(stamp);
        return result;
    }

    // Nodes that have not asked for so long are gone.
    private void SumShares()
    {
        _sharedBytes = 0;
        foreach (var (node, share) in _shares)
        {
            if (_reactor.MonotonicNs - share.SinceNs > ShareAgeNs)
                _shares.Remove(node);
            else
                _sharedBytes += share.Bytes;
        }
    }

    // Some space is kept back, so that this figure says that the disk is full before the store does.
    /// <summary>Bytes of a disk that <see cref="FreeBytes"/> holds back.</summary>
    /// <param name="dataBytes">Bytes that data can occupy on it.</param>
    public static long KeptBytes(long dataBytes)
    {
        const long mostKeptBytes = 16 << 20;
        return Math.Min(mostKeptBytes, dataBytes / 64);
    }

    private void Refresh()
    {
        var statistics = _store.Statistics;
        _freeBytes = statistics.IsShortOfMaps ? 0 : statistics.DataBytes - statistics.UsedBytes - KeptBytes(statistics.DataBytes);
        _figureNs = _reactor.MonotonicNs;
        SumShares();
    }
}
