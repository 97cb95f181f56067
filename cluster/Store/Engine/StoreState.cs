namespace Uss.Store;

/// <summary>
/// All that a store knows, as of the last committed batch. Pure: it changes only by <see cref="Apply"/>, which commit
/// and recovery call alike, and does no I/O.
/// </summary>
internal sealed unsafe partial class StoreState : IDisposable
{
    // Share of the map zone that ordinary writes leave to discards and deletes, which must work on a full disk.
    private const int DiscardReserveDivisor = 16;

    private readonly ulong[] _freed = new ulong[StoreUnits.BlocksPerObject];

    /// <summary>Creates the state of an empty disk.</summary>
    public StoreState(in StoreGeometry geometry)
    {
        Geometry = geometry;
        Table = new ObjectTable(geometry.TableSlots);
        Cache = new MapCache(Table);
        Marks = new SpaceMarks(Table);
        Used = new PagedBitmap(geometry.BitmapBlocks);
        Images = new ImagePages(geometry.MapPages);
        Allocator = new BlockAllocator(geometry);
    }

    /// <summary>The zones.</summary>
    public StoreGeometry Geometry { get; }

    /// <summary>All objects.</summary>
    public ObjectTable Table { get; }

    /// <summary>Maps in memory.</summary>
    public MapCache Cache { get; }

    /// <summary>Deleted spaces and dropped snapshots.</summary>
    public SpaceMarks Marks { get; }

    /// <summary>The data blocks that maps refer to, by number within the data zone.</summary>
    public PagedBitmap Used { get; }

    /// <summary>Pages of map images.</summary>
    public ImagePages Images { get; }

    /// <summary>Free data blocks.</summary>
    public BlockAllocator Allocator { get; }

    /// <summary>Blocks that will be free soon.</summary>
    public PendingFrees Frees { get; } = new();

    /// <summary>Reads under way.</summary>
    public ReadEpochs Epochs { get; } = new();

    /// <summary>Image pages that the durable checkpoint may still name; free once the next checkpoint is durable.</summary>
    public NativeList<uint> RetiredPages { get; } = new();

    /// <summary>True while recovery replays the log: what it frees is free at once, and what it reads may be damaged.</summary>
    public bool IsRecovering { get; set; }

    /// <summary>True when there may be objects that hold nothing but holes and could be forgotten.</summary>
    public bool HasNewHoles { get; set; } = true;

    /// <summary>A planted bug: replaced images are free before the checkpoint is durable.</summary>
    public bool FreesImagesEarly { get; init; }

    /// <summary>True when recovery met records that contradict the bitmap.</summary>
    public bool IsContradictory { get; private set; }

    /// <summary>Highest version that a change carried.</summary>
    public ulong HighestVersion { get; set; }

    /// <summary>Pages that the images of all layers take as they are now.</summary>
    public long ImagePagesNeeded { get; private set; }

    /// <summary>Pages that writes under way may need more.</summary>
    public long ImagePagesReserved { get; set; }

    /// <summary>Number of the last checkpoint that is durable.</summary>
    public uint DurableCheckpoint { get; set; }

    /// <summary>
    /// Pages that images may take for ordinary writes: half of the zone, since a checkpoint writes new images beside
    /// the old ones, less the reserve.
    /// </summary>
    public long ImagePagesForWrites => ImagePagesForDiscards - (ImagePagesForDiscards / DiscardReserveDivisor);

    /// <summary>Pages that images may take at all.</summary>
    public long ImagePagesForDiscards => Images.Pages / 2;

    /// <summary>Memory held, maps included, in bytes.</summary>
    public long MemoryBytes =>
        Cache.MapBytes + Table.MemoryBytes + Used.MemoryBytes + Allocator.MemoryBytes + Images.MemoryBytes
        + Frees.MemoryBytes + Epochs.MemoryBytes;

    /// <summary>A block number of the data zone as a bit of <see cref="Used"/>.</summary>
    public long BitOf(ulong address) => (long)address - Geometry.FirstDataAddress;

    /// <summary>
    /// Applies one record. Maps of the layers that it names are in memory.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <param name="extents">Where a write's data lies.</param>
    /// <param name="checksums">Checksums of a write's blocks.</param>
    /// <param name="slot">The layer that it names (its sequence); -1 when it names none.</param>
    /// <param name="isTracked">False for a record that the bitmap and the table's marks already reflect (recovery).</param>
    public void Apply(in LogRecord record, ReadOnlySpan<Extent> extents, ReadOnlySpan<uint> checksums, int slot, bool isTracked)
    {
        switch (record.Kind)
        {
            case LogRecordKind.Write:
                ApplyWrite(record, extents, checksums, slot, isTracked);
                break;
            case LogRecordKind.Discard:
                ApplyDiscard(record, slot, isTracked);
                break;
            case LogRecordKind.RemoveLayer when slot >= 0:
                RemoveLayer(slot, isTracked);
                break;
            case LogRecordKind.MergeLayer when slot >= 0:
                MergeLayer(slot, (uint)record.Version, isTracked);
                break;
            case LogRecordKind.DeleteSpace when isTracked:
                Marks.Delete(record.Space);
                break;
            case LogRecordKind.SpaceGone when isTracked:
                Marks.Gone(record.Space);
                break;
            case LogRecordKind.DropSequence when isTracked:
                Marks.Drop(record.Space, record.Sequence);
                break;
            default:
                break;
        }
    }

    /// <summary>Releases what may be reused.</summary>
    /// <param name="durableBarrier">Batches up to this one are stated durable by a durable batch.</param>
    /// <param name="trim">Receives what the device should learn of.</param>
    public void ReleaseFrees(ulong durableBarrier, TrimQueue trim)
    {
        var oldestEpoch = durableBarrier == ulong.MaxValue ? ulong.MaxValue : Epochs.Oldest;
        while (Frees.TryTake(durableBarrier, oldestEpoch, out var extent, out var isDiscard))
        {
            Allocator.Release(extent.Address, extent.Length, isWarm: !isDiscard);
            if (isDiscard)
                trim.Add(extent);
        }
    }

    /// <summary>Gives up an image that is replaced or not needed: at once when no durable checkpoint names it.</summary>
    public void RetireImage(int slot)
    {
        ref readonly var entry = ref Table.Read(slot);
        var isUnnamed = FreesImagesEarly || Table.State(slot).ImageCheckpoint > DurableCheckpoint;
        for (var i = 0; i < entry.PageCount; i++)
        {
            if (isUnnamed)
                Images.Free(entry.Pages[i]);
            else
                RetiredPages.Add(entry.Pages[i]);
        }
    }

    /// <summary>Frees retired pages: a checkpoint that does not name them is durable.</summary>
    public void FreeRetiredPages()
    {
        foreach (var page in RetiredPages.Span)
            Images.Free(page);
        RetiredPages.Clear();
    }

    /// <summary>Counts the pages of a loaded table's layers.</summary>
    public void CountImagePages(int entries) => ImagePagesNeeded += MapImage.PagesFor(entries);

    /// <inheritdoc/>
    public void Dispose()
    {
        Table.Dispose();
        Cache.Dispose();
        Used.Dispose();
        Images.Dispose();
        Allocator.Dispose();
        Frees.Dispose();
        Epochs.Dispose();
        RetiredPages.Dispose();
    }
}
