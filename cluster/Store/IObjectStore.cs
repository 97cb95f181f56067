using Uss.Runtime;

namespace Uss.Store;

/// <summary>
/// One disk's crash-safe, checksummed objects. All methods run on the reactor that owns the store. A change completes
/// only once it is durable; a read shows only durable data. Callers order operations that overlap.
/// </summary>
public interface IObjectStore
{
    /// <summary>Identity of the disk, written when it was formatted.</summary>
    Guid DiskId { get; }

    /// <summary>Highest version that any durable change carried.</summary>
    ulong HighestVersion { get; }

    /// <summary>Space, cache and traffic figures.</summary>
    StoreStatistics Statistics { get; }

    /// <summary>
    /// Reads <c>target.Length / 4096</c> blocks from <paramref name="firstBlock"/>; holes read as zeros. Every block's
    /// checksum is verified before the call completes. When <see cref="StoreStatus.Damaged"/>, blocks outside the
    /// reported span are good.
    /// </summary>
    /// <param name="id">The object; one that does not exist reads as zeros.</param>
    /// <param name="firstBlock">0 to 1023.</param>
    /// <param name="target">Page-aligned, a multiple of 4096 bytes; the caller keeps its reference for the call.</param>
    /// <param name="snapshotSequence">Reads the state as of that sequence; <see cref="StoreUnits.Head"/> for the newest.</param>
    ValueTask<StoreResult> ReadAsync(ObjectId id, int firstBlock, BufferSlice target, uint snapshotSequence = StoreUnits.Head);

    /// <summary>
    /// Writes whole blocks; durable when it completes. All blocks of the request appear at once or not at all, except for
    /// one that comes late: where an older snapshot sequence holds a higher version that stays, and each run of blocks
    /// between appears by itself.
    /// </summary>
    ValueTask<StoreResult> WriteAsync(StoreWrite write);

    /// <summary>Makes blocks absent (they read as zeros); durable when it completes.</summary>
    ValueTask<StoreResult> DiscardAsync(ObjectId id, int firstBlock, int blockCount, ulong version, uint snapshotSequence = 0);

    /// <summary>
    /// Deletes every object of a space with all its snapshots; durable when it completes. Space returns in the background.
    /// </summary>
    ValueTask<StoreResult> DeleteSpaceAsync(ulong space);

    /// <summary>
    /// Drops snapshot <paramref name="snapshotSequence"/> of a space: blocks that only it shows are freed, blocks that
    /// the next newer state shows as well stay. Durable when it completes.
    /// </summary>
    ValueTask<StoreResult> DropSnapshotAsync(ulong space, uint snapshotSequence);

    /// <summary>
    /// Lets the store forget, in the background, objects without data of which nobody asks the versions any more: from
    /// then on they look as if they had never been written.
    /// </summary>
    /// <param name="settledVersion">
    /// By object the version up to which every copy that there is or may come back holds all changes; 0: none. The store
    /// asks it until the next call.
    /// </param>
    void ForgetHoles(Func<ObjectId, ulong> settledVersion);

    /// <summary>
    /// Reports version, checksum and presence of an object's newest blocks, for rejoin, scrub and incremental backup.
    /// </summary>
    /// <param name="id">The object.</param>
    /// <param name="firstBlock">First block.</param>
    /// <param name="blocks">One element a block is filled in.</param>
    ValueTask<StoreResult> DescribeAsync(ObjectId id, int firstBlock, Memory<BlockDescription> blocks);

    /// <summary>True once it begins to close: whatever is asked then is answered with <see cref="StoreStatus.Closed"/>.</summary>
    bool IsClosed { get; }

    /// <summary>
    /// The objects whose newest change carries a version above <paramref name="version"/>, in no particular order. Not of a store that
    /// <see cref="IsClosed"/>.
    /// </summary>
    IReadOnlyList<ObjectSummary> ListChangedSince(ulong version);

    /// <summary>Writes a last checkpoint and closes the disk.</summary>
    ValueTask CloseAsync();
}

/// <summary>A write of whole blocks of one object.</summary>
public readonly record struct StoreWrite
{
    /// <summary>The object; created when it does not exist.</summary>
    public required ObjectId Id { get; init; }

    /// <summary>First block, 0 to 1023.</summary>
    public required int FirstBlock { get; init; }

    /// <summary>The data: page-aligned, a multiple of 4096 bytes. The caller keeps its reference for the call.</summary>
    public required BufferSlice Source { get; init; }

    /// <summary>
    /// CRC-32C of each block, computed where the data entered the system; empty: the store computes them.
    /// </summary>
    public ReadOnlyMemory<uint> Checksums { get; init; }

    /// <summary>
    /// Version of the write. A block whose present version is higher, under this snapshot sequence or an older one, keeps it.
    /// </summary>
    public required ulong Version { get; init; }

    /// <summary>Newest snapshot sequence of the space; the first write of a block under a higher one preserves the old block.</summary>
    public uint SnapshotSequence { get; init; }
}

/// <summary>One block as <see cref="IObjectStore.DescribeAsync"/> reports it.</summary>
/// <param name="Version">Version of its last change, a discard included; 0 when never changed.</param>
/// <param name="Checksum">CRC-32C of its 4096 bytes; 0 when absent.</param>
/// <param name="IsPresent">False for a hole.</param>
public readonly record struct BlockDescription(ulong Version, uint Checksum, bool IsPresent);

/// <summary>One object as <see cref="IObjectStore.ListChangedSince"/> reports it.</summary>
/// <param name="Id">The object.</param>
/// <param name="HighestVersion">Version of its newest change.</param>
/// <param name="PresentBlocks">Blocks with data in the newest state.</param>
public readonly record struct ObjectSummary(ObjectId Id, ulong HighestVersion, int PresentBlocks);

/// <summary>Space, cache and traffic figures of one store.</summary>
public sealed record StoreStatistics
{
    /// <summary>Bytes that data can occupy.</summary>
    public required long DataBytes { get; init; }

    /// <summary>Of these, bytes in use, snapshots included.</summary>
    public required long UsedBytes { get; init; }

    /// <summary>
    /// Nearly all that writes may use for maps or objects is in use, so that writes are about to be refused though data has room.
    /// </summary>
    public bool IsShortOfMaps { get; init; }

    /// <summary>Objects in the object table.</summary>
    public required long Objects { get; init; }

    /// <summary>Memory held by cached object maps, tables and bitmaps, in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Bytes of data that callers wrote.</summary>
    public required long BytesAccepted { get; init; }

    /// <summary>Bytes written to the device for them: data, log, maps, tables.</summary>
    public required long BytesWritten { get; init; }

    /// <summary>Flushes sent to the device.</summary>
    public required long Flushes { get; init; }

    /// <summary>Blocks found damaged since the store was opened.</summary>
    public required long DamagedBlocks { get; init; }

    /// <summary>Checkpoints written since the store was opened.</summary>
    public required long Checkpoints { get; init; }

    /// <summary>Bytes of the log ring that a recovery would read now.</summary>
    public required long LogBytes { get; init; }

    /// <summary>Why the store refuses changes; null when it accepts them.</summary>
    public required Fault? ReadOnlyBecause { get; init; }
}
