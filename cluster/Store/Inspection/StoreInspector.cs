using Uss.Runtime;

namespace Uss.Store;

/// <summary>How much <see cref="StoreInspector"/> shows.</summary>
/// <param name="WithRecords">Every record of the log, not only the batches.</param>
/// <param name="WithBlocks">Every block of the maps, not only the layers.</param>
/// <param name="MaximumObjects">Layers shown at most.</param>
/// <param name="MaximumBatches">Batches shown at most.</param>
public sealed record StoreInspectorOptions(
    bool WithRecords = false, bool WithBlocks = false, int MaximumObjects = 1000, int MaximumBatches = 1000);

/// <summary>Decodes a disk without changing it, also one that no store can open. Works while nothing has it open.</summary>
public static class StoreInspector
{
    /// <summary>Decodes the disk or file at <paramref name="path"/>.</summary>
    /// <returns>What is on it, damaged parts named; a fault when the disk cannot be opened or read at all.</returns>
    public static async ValueTask<Result<StoreInspection>> InspectAsync(Reactor reactor, string path, StoreInspectorOptions options)
    {
        var opened = await reactor.OpenDiskAsync(path, new DiskOpenOptions(ReadOnly: true));
        if (!opened.IsOk)
            return opened.Fault;
        var result = await InspectAsync(reactor, opened.Value, options);
        await opened.Value.CloseAsync();
        return result;
    }

    /// <summary>Decodes an open disk, which stays open.</summary>
    /// <returns>What is on it, damaged parts named.</returns>
    public static async ValueTask<Result<StoreInspection>> InspectAsync(Reactor reactor, IDisk disk, StoreInspectorOptions options)
    {
        var chosen = await SuperblockReader.ReadAsync(reactor, disk, StoreOptions.Default);
        var superblocks = await ReadSuperblocksAsync(reactor, disk, chosen);
        var inspection = new StoreInspection(disk.Path, disk.SizeBytes, superblocks, chosen.Fault?.ToString(), [], [], [], 0);
        if (!chosen.IsOk)
            return inspection;
        inspection = inspection with { Zones = ZonesOf(chosen.Value.Superblock.Geometry) };
        using var core = new StoreCore(reactor, disk, StoreOptions.Default, chosen.Value.Superblock);
        if (await new CheckpointLoader(core).LoadAsync() is { } damaged)
            inspection = inspection with { Problem = damaged.ToString() };
        else
            inspection = inspection with { Objects = await ReadLayersAsync(core, options), UsedBlocks = core.State.Used.SetCount };
        var (batches, problem) = await ReadLogAsync(core, options);
        return inspection with { Batches = batches, Problem = inspection.Problem ?? problem };
    }

    private static async ValueTask<InspectedSuperblock[]> ReadSuperblocksAsync(Reactor reactor, IDisk disk, Result<FoundSuperblock> chosen)
    {
        var buffer = reactor.Buffers.Rent(Superblock.Bytes);
        var found = new InspectedSuperblock[2];
        for (var area = 0; area < found.Length; area++)
        {
            var page = buffer.Slice(0, Superblock.Bytes);
            page.Span.Clear();
            var io = await disk.ReadAsync(Superblock.OffsetOf(area), page);
            var isValid = Superblock.TryRead(page.Span, out var superblock) && io.IsOk;
            found[area] = new InspectedSuperblock(
                Superblock.OffsetOf(area),
                isValid,
                isValid && chosen.IsOk && chosen.Value.Superblock.Generation == superblock.Generation,
                superblock.FormatVersion,
                superblock.DiskId,
                superblock.Generation,
                superblock.ReplayLsn,
                superblock.FrozenLsn,
                superblock.HighestVersion);
        }

        buffer.Release();
        return found;
    }

    private static InspectedZone[] ZonesOf(in StoreGeometry geometry) =>
    [
        new("log ring", geometry.LogStart, geometry.LogBytes),
        new("checkpoint A", geometry.CheckpointStart(0), geometry.CheckpointBytes),
        new("checkpoint B", geometry.CheckpointStart(1), geometry.CheckpointBytes),
        new("map images", geometry.MapStart, geometry.MapBytes),
        new("data blocks", geometry.DataStart, geometry.DataBlocks * StoreUnits.BlockBytes),
    ];

    private static async ValueTask<List<InspectedLayer>> ReadLayersAsync(StoreCore core, StoreInspectorOptions options)
    {
        var layers = new List<InspectedLayer>();
        var buffer = core.Reactor.Buffers.Rent(MapImage.MaximumBytes);
        for (var slot = 0; slot < core.State.Table.HighSlot && layers.Count < options.MaximumObjects; slot++)
        {
            if (core.State.Table.Read(slot).Kind == TableEntryKind.Free)
                continue;
            var isRead = true;
            for (var page = 0; page < core.State.Table.Read(slot).PageCount; page++)
            {
                var target = buffer.Slice(page * StoreFormat.PageBytes, StoreFormat.PageBytes);
                isRead &= (await core.Disk.ReadAsync(OffsetOf(core, slot, page), target)).IsOk;
            }

            layers.Add(Describe(core, slot, isRead, buffer.Slice().Span, options));
        }

        buffer.Release();
        return layers;
    }

    private static unsafe long OffsetOf(StoreCore core, int slot, int page) =>
        core.Geometry.MapStart + ((core.State.Table.Read(slot).Pages[page] - 1L) * StoreFormat.PageBytes);

    private static unsafe InspectedLayer Describe(
        StoreCore core, int slot, bool isRead, ReadOnlySpan<byte> image, StoreInspectorOptions options)
    {
        ref readonly var entry = ref core.State.Table.Read(slot);
        var blocks = new List<InspectedBlock>();
        var state = "none";
        if (entry.PageCount > 0)
        {
            var map = isRead
                ? MapImage.Read(image[..(entry.PageCount * StoreFormat.PageBytes)], core.DiskIdHalf, entry, core.Geometry)
                : null;
            state = map == null ? "damaged" : "good";
            var rank = 0;
            for (var block = map == null || !options.WithBlocks ? StoreUnits.BlocksPerObject : LayerMap.NextEntry(map, 0);
                block < StoreUnits.BlocksPerObject;
                block = LayerMap.NextEntry(map, block + 1))
            {
                var item = LayerMap.EntriesOf(map)[rank++];
                blocks.Add(new InspectedBlock(block, (long)item.Address * StoreUnits.BlockBytes, item.Version, item.Checksum));
            }

            LayerMap.Free(map);
        }

        var offsets = new long[entry.PageCount];
        for (var page = 0; page < offsets.Length; page++)
            offsets[page] = OffsetOf(core, slot, page);
        return new InspectedLayer(
            entry.Space,
            entry.Index,
            entry.Sequence,
            Words(entry.Kind.ToString()),
            entry.HighestVersion,
            entry.Entries,
            entry.Present,
            entry.ImageLsn,
            offsets,
            state,
            blocks);
    }

    private static async ValueTask<(List<InspectedBatch> Batches, string? Problem)> ReadLogAsync(
        StoreCore core, StoreInspectorOptions options)
    {
        var batches = new List<InspectedBatch>();
        var reader = new LogReader(core.Reactor, core.Disk, core.Superblock, core.DiskIdHalf);
        string? problem = null;
        while (batches.Count < options.MaximumBatches)
        {
            var next = await reader.ReadNextAsync();
            problem = next.Fault?.ToString();
            if (!next.IsOk || !next.Value)
                break;
            var records = options.WithRecords ? RecordsOf(core, reader) : [];
            var header = reader.Header;
            batches.Add(new InspectedBatch(
                header.Lsn, reader.HeaderOffset, header.LengthBytes, header.Barrier, header.RecordCount, records));
        }

        await reader.CloseAsync();
        return (batches, problem);
    }

    private static List<InspectedRecord> RecordsOf(StoreCore core, LogReader reader)
    {
        var records = new List<InspectedRecord>();
        var payload = reader.Payload;
        while (LogRecord.TryRead(payload, core.Geometry, out var view))
        {
            var record = view.Record;
            var extents = new List<InspectedExtent>();
            foreach (var extent in view.Extents)
                extents.Add(new InspectedExtent((long)extent.Address * StoreUnits.BlockBytes, (long)extent.Length * StoreUnits.BlockBytes));
            records.Add(new InspectedRecord(
                Words(record.Kind.ToString()),
                record.Space,
                record.Index,
                record.Sequence,
                record.FirstBlock,
                record.BlockCount,
                record.Version,
                extents));
            payload = payload[record.LengthBytes..];
        }

        return records;
    }

    // DeleteSpace becomes "delete space".
    private static string Words(string name) =>
        string.Concat(name.Select((c, i) => (char.IsUpper(c) && i > 0 ? " " : string.Empty) + char.ToLowerInvariant(c)));
}
