using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

/// <summary>
/// One disk as a placement group sees it: a store of this node, or one of another node over the network. The calls are
/// those of <see cref="IObjectStore"/>, stamped with group and epoch; <see cref="StoreStatus.Closed"/> also says that the
/// member cannot be reached or refuses the stamp.
/// </summary>
public interface IReplica
{
    /// <summary>The disk.</summary>
    Guid DiskId { get; }

    /// <summary>The node that the disk is attached to; null for this node.</summary>
    Peer? Peer { get; }

    /// <summary>False while the member cannot be reached.</summary>
    bool IsReachable { get; }

    /// <summary>
    /// Bytes that this node can still write there: its share of what the disk can take, less what it has written since the disk
    /// told of it. All nodes together never have more than there is.
    /// </summary>
    long FreeBytes { get; }

    /// <summary>What <see cref="FreeBytes"/> will be once the disk has told anew, if nothing is written meanwhile.</summary>
    long ShareBytes { get; }

    /// <summary>As <see cref="IObjectStore.ReadAsync"/>.</summary>
    ValueTask<StoreResult> ReadAsync(GroupStamp stamp, ObjectId id, int firstBlock, BufferSlice target, uint snapshotSequence);

    /// <summary>As <see cref="IObjectStore.WriteAsync"/>.</summary>
    ValueTask<StoreResult> WriteAsync(GroupStamp stamp, StoreWrite write);

    /// <summary>As <see cref="IObjectStore.DiscardAsync"/>.</summary>
    ValueTask<StoreResult> DiscardAsync(
        GroupStamp stamp, ObjectId id, int firstBlock, int blockCount, ulong version, uint snapshotSequence);

    /// <summary>As <see cref="IObjectStore.DescribeAsync"/>.</summary>
    ValueTask<StoreResult> DescribeAsync(GroupStamp stamp, ObjectId id, int firstBlock, Memory<BlockDescription> blocks);

    /// <summary>The group's objects that changed after <paramref name="version"/>; null when the member cannot be reached.</summary>
    ValueTask<IReadOnlyList<ObjectSummary>?> ListChangedSinceAsync(GroupStamp stamp, int groups, ulong version);

    /// <summary>
    /// The member reads its blocks from the medium, verifies them and tells what it found; the data stays where it is.
    /// Damage is no error of the call.
    /// </summary>
    /// <param name="stamp">Group and epoch.</param>
    /// <param name="id">The object.</param>
    /// <param name="firstBlock">First block.</param>
    /// <param name="blocks">One element a block is filled in.</param>
    ValueTask<StoreResult> VerifyAsync(GroupStamp stamp, ObjectId id, int firstBlock, Memory<BlockCheck> blocks);
}
