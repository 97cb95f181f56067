using Uss.Runtime;

namespace Uss.Store;

/// <summary>Where each zone of a disk lies. All offsets and sizes are multiples of 4096.</summary>
/// <remarks>
/// <code>
/// 0        64 KiB   128 KiB
/// +--------+--------+----------+--------------+--------------+------------+------------------+
/// | super- | super- | log ring | checkpoint A | checkpoint B | map images | data blocks      |
/// | block A| block B|          | root bitmap  | root bitmap  |            |                  |
/// |        |        |          | table        | table        |            |                  |
/// +--------+--------+----------+--------------+--------------+------------+------------------+
/// </code>
/// </remarks>
internal readonly record struct StoreGeometry
{
    private const long MinimumLogBytes = 16 << 20;
    private const long MaximumLogBytes = 512 << 20;
    private const long MinimumMapBytes = 1 << 20;
    private const long MinimumDataBytes = 1 << 20;

    /// <summary>Bytes of the disk that the store uses.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Size of the log ring in bytes.</summary>
    public required long LogBytes { get; init; }

    /// <summary>Size of the map image zone in bytes.</summary>
    public required long MapBytes { get; init; }

    /// <summary>Slots of the object table.</summary>
    public required int TableSlots { get; init; }

    /// <summary>Data blocks for which the bitmap has room; at least <see cref="DataBlocks"/>.</summary>
    public required long BitmapBlocks { get; init; }

    /// <summary>Start of the log ring in bytes.</summary>
    public long LogStart => StoreFormat.LogOffset;

    /// <summary>Chunks of the bitmap.</summary>
    public int BitmapChunks => (int)(BitmapBlocks / StoreFormat.BlocksPerBitmapChunk);

    /// <summary>Chunks of the object table.</summary>
    public int TableChunks => TableSlots / TableEntry.PerChunk;

    /// <summary>Size of a checkpoint's root, in bytes.</summary>
    public int RootBytes =>
        (int)RoundUp(CheckpointRoot.HeaderBytes + (CheckpointRoot.ChunkEntryBytes * (BitmapChunks + TableChunks)), 4096);

    /// <summary>Size of one checkpoint area, in bytes.</summary>
    public long CheckpointBytes => RootBytes + ((long)(BitmapChunks + TableChunks) * StoreFormat.ChunkBytes);

    /// <summary>Start of the map image zone in bytes.</summary>
    public long MapStart => CheckpointStart(2);

    /// <summary>Pages of the map image zone.</summary>
    public int MapPages => (int)(MapBytes / StoreFormat.PageBytes);

    /// <summary>Start of the data zone in bytes.</summary>
    public long DataStart => MapStart + MapBytes;

    /// <summary>Block number of the first data block.</summary>
    public long FirstDataAddress => DataStart / StoreUnits.BlockBytes;

    /// <summary>Blocks of the data zone.</summary>
    public long DataBlocks => (SizeBytes - DataStart) / StoreUnits.BlockBytes;

    /// <summary>Largest log batch on this disk: a ring holds at least eight.</summary>
    public int MaximumBatchBytes => (int)Math.Min(StoreFormat.MaximumBatchBytes, LogBytes / 8 / 4096 * 4096);

    /// <summary>Start of checkpoint area 0 or 1, in bytes.</summary>
    public long CheckpointStart(int area) => LogStart + LogBytes + (area * CheckpointBytes);

    /// <summary>Start of a bitmap chunk within an area, in bytes from the start of the disk.</summary>
    public long BitmapChunkOffset(int area, int chunk) => CheckpointStart(area) + RootBytes + ((long)chunk * StoreFormat.ChunkBytes);

    /// <summary>Start of a table chunk within an area, in bytes from the start of the disk.</summary>
    public long TableChunkOffset(int area, int chunk) => BitmapChunkOffset(area, BitmapChunks + chunk);

    /// <summary>True when the block number lies in the data zone.</summary>
    public bool IsDataAddress(ulong address) => address >= (ulong)FirstDataAddress && address - (ulong)FirstDataAddress < (ulong)DataBlocks;

    /// <summary>Plans the zones of a disk of <paramref name="diskBytes"/>.</summary>
    public static Result<StoreGeometry> Plan(string path, long diskBytes, StoreFormatOptions options)
    {
        var size = diskBytes / 4096 * 4096;
        var log = options.LogBytes > 0
            ? options.LogBytes / 4096 * 4096
            : Math.Clamp(RoundUp(size / 128, 4096), MinimumLogBytes, MaximumLogBytes);
        var map = options.MapBytes > 0 ? options.MapBytes / 4096 * 4096 : Math.Max(RoundUp(size / 1000 * 15, 4096), MinimumMapBytes);
        if (log < 128 << 10)
            return new Fault("disk-format", $"A log of {log} bytes is too small for {path}.", "Use at least 128 KiB.");
        if (size / StoreUnits.BlockBytes > (long)StoreFormat.MaximumAddress || map / 4096 > int.MaxValue / 2)
            return new Fault("disk-too-large", $"{path} has {diskBytes} bytes, more than the format can address.", "Split the disk.");

        // As many slots as there are pages for images: an object with data needs a page at least.
        var geometry = new StoreGeometry
        {
            SizeBytes = size,
            LogBytes = log,
            MapBytes = map,
            TableSlots = (int)RoundUp(map / 4096, TableEntry.PerChunk),
            BitmapBlocks = RoundUp(size / StoreUnits.BlockBytes, StoreFormat.BlocksPerBitmapChunk),
        };
        return geometry.DataStart + MinimumDataBytes > size
            ? new Fault(
                "disk-too-small",
                $"{path} has {diskBytes} bytes; with a log of {log} bytes at least {geometry.DataStart + MinimumDataBytes} are needed.",
                "Use a larger disk.")
            : geometry;
    }

    /// <summary>Says what is wrong with a geometry read from a disk; null when it is sound.</summary>
    public string? FindFlaw()
    {
        var aligned = ((SizeBytes | LogBytes | MapBytes) & 4095) == 0;
        if (!aligned || SizeBytes <= 0 || LogBytes < 128 << 10 || MapBytes <= 0 || LogBytes > SizeBytes || MapBytes > SizeBytes)
            return "zone sizes are not sound";
        if (TableSlots <= 0 || TableSlots % TableEntry.PerChunk != 0 || TableSlots > (MapBytes / 4096) + TableEntry.PerChunk)
            return "the object table's size is not sound";
        if (BitmapBlocks <= 0 || BitmapBlocks % StoreFormat.BlocksPerBitmapChunk != 0 || BitmapBlocks > (long)StoreFormat.MaximumAddress)
            return "the bitmap's size is not sound";
        return DataStart >= SizeBytes || DataBlocks > BitmapBlocks ? "zones overlap" : null;
    }

    private static long RoundUp(long value, long unit) => (value + unit - 1) / unit * unit;
}
