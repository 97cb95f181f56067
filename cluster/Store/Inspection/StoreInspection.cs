namespace Uss.Store;

/// <summary>What <see cref="StoreInspector"/> read from a disk, as plain records for JSON.</summary>
/// <param name="Path">The disk.</param>
/// <param name="SizeBytes">Its size in bytes.</param>
/// <param name="Superblocks">Both superblocks, valid or not.</param>
/// <param name="Problem">Why nothing more could be read; null when all was.</param>
/// <param name="Zones">Where everything lies.</param>
/// <param name="Objects">Layers of objects as the last checkpoint has them.</param>
/// <param name="Batches">Batches of the log since that checkpoint.</param>
/// <param name="UsedBlocks">Data blocks in use at the last checkpoint.</param>
public sealed record StoreInspection(
    string Path,
    long SizeBytes,
    IReadOnlyList<InspectedSuperblock> Superblocks,
    string? Problem,
    IReadOnlyList<InspectedZone> Zones,
    IReadOnlyList<InspectedLayer> Objects,
    IReadOnlyList<InspectedBatch> Batches,
    long UsedBlocks);

/// <summary>A superblock.</summary>
/// <param name="Offset">Where it lies, in bytes.</param>
/// <param name="IsValid">True when magic and checksum hold.</param>
/// <param name="IsCurrent">True for the one that counts.</param>
/// <param name="FormatVersion">Format of the disk.</param>
/// <param name="DiskId">Identity of the disk.</param>
/// <param name="Generation">Number of the checkpoint.</param>
/// <param name="ReplayLsn">Recovery replays the batches after this one.</param>
/// <param name="FrozenLsn">Bitmap and table are the state after this batch.</param>
/// <param name="HighestVersion">Highest version at that state.</param>
public sealed record InspectedSuperblock(
    long Offset,
    bool IsValid,
    bool IsCurrent,
    int FormatVersion,
    Guid DiskId,
    ulong Generation,
    ulong ReplayLsn,
    ulong FrozenLsn,
    ulong HighestVersion);

/// <summary>A zone of the disk.</summary>
/// <param name="Name">What it holds.</param>
/// <param name="Offset">Where it starts, in bytes.</param>
/// <param name="LengthBytes">Its length in bytes.</param>
public sealed record InspectedZone(string Name, long Offset, long LengthBytes);

/// <summary>One layer of an object, from the object table and its map image.</summary>
/// <param name="Space">The space.</param>
/// <param name="Index">Which 4 MiB of the space.</param>
/// <param name="Sequence">Its snapshot sequence.</param>
/// <param name="Kind">"layer", or the kind of mark.</param>
/// <param name="HighestVersion">Highest version of its blocks.</param>
/// <param name="Entries">Entries, holes included.</param>
/// <param name="Present">Blocks with data.</param>
/// <param name="ImageLsn">The batch that its image reflects.</param>
/// <param name="ImageOffsets">Where the pages of the image lie, in bytes.</param>
/// <param name="ImageState">"good", "none", "damaged" or "not read".</param>
/// <param name="Blocks">Its blocks, when they were asked for.</param>
public sealed record InspectedLayer(
    ulong Space,
    uint Index,
    uint Sequence,
    string Kind,
    ulong HighestVersion,
    int Entries,
    int Present,
    ulong ImageLsn,
    IReadOnlyList<long> ImageOffsets,
    string ImageState,
    IReadOnlyList<InspectedBlock> Blocks);

/// <summary>One block of a map image.</summary>
/// <param name="Block">Number within the object.</param>
/// <param name="Offset">Where its data lies, in bytes; 0 for a hole.</param>
/// <param name="Version">Its version.</param>
/// <param name="Checksum">CRC-32C of its data.</param>
public sealed record InspectedBlock(int Block, long Offset, ulong Version, uint Checksum);

/// <summary>A batch of the log.</summary>
/// <param name="Lsn">Its number.</param>
/// <param name="Offset">Where it lies, in bytes.</param>
/// <param name="LengthBytes">Its length in bytes.</param>
/// <param name="Barrier">The last batch that was known durable when it was sealed.</param>
/// <param name="RecordCount">Its records.</param>
/// <param name="Records">The records, when they were asked for.</param>
public sealed record InspectedBatch(
    ulong Lsn, long Offset, int LengthBytes, ulong Barrier, int RecordCount, IReadOnlyList<InspectedRecord> Records);

/// <summary>A record of the log.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Space">The space.</param>
/// <param name="Index">Which 4 MiB of the space.</param>
/// <param name="Sequence">Snapshot sequence.</param>
/// <param name="FirstBlock">First block.</param>
/// <param name="BlockCount">Blocks.</param>
/// <param name="Version">Version, or what the kind says.</param>
/// <param name="Extents">Where a write's data lies: offset and length in bytes.</param>
public sealed record InspectedRecord(
    string Kind,
    ulong Space,
    uint Index,
    uint Sequence,
    int FirstBlock,
    int BlockCount,
    ulong Version,
    IReadOnlyList<InspectedExtent> Extents);

/// <summary>A run of data.</summary>
/// <param name="Offset">Where it lies, in bytes.</param>
/// <param name="LengthBytes">Its length in bytes.</param>
public sealed record InspectedExtent(long Offset, long LengthBytes);
