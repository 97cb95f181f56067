namespace Uss.Store;

/// <summary>Checking that everything agrees with everything.</summary>
public sealed partial class ObjectStore
{
    private const int LayersPerSlice = 256;

    /// <summary>
    /// Looks every map through: each block in use is referred to exactly once, the bitmap says the same, the object
    /// table counts what the maps hold, and no page of the map zone belongs to two images. Nothing may be written
    /// meanwhile.
    /// </summary>
    internal async ValueTask<ConsistencyReport> VerifyAsync()
    {
        await _checkpointer.WaitAsync();
        var report = new ConsistencyReport();
        using var seen = new PagedBitmap(_core.Geometry.BitmapBlocks);
        using var pages = new PagedBitmap(_core.Geometry.MapPages);
        var runs = _checkpointer.Runs;
        var table = _core.State.Table;
        for (var slot = 0; slot < table.HighSlot; slot++)
        {
            if (slot % LayersPerSlice == 0)
                await _core.Reactor.YieldAsync();
            if (table.Read(slot).Kind != TableEntryKind.Layer)
                continue;
            report.Layers++;
            table.State(slot).Pins++;
            if (await _loader.LoadAsync(slot))
                Verify(slot, seen, pages, report);
            else
                report.Add($"the map of {table.Read(slot).Id} cannot be read");
            Unpin(slot);
        }

        report.Blocks = seen.SetCount;
        if (_core.State.Used.SetCount != seen.SetCount)
            report.Add($"the bitmap has {_core.State.Used.SetCount} blocks in use, the maps refer to {seen.SetCount}");
        var accounted = seen.SetCount + _core.State.Frees.Blocks + _core.BlocksInDiscard + _core.State.Allocator.FreeBlocks;
        if (accounted != _core.Geometry.DataBlocks)
            report.Add($"{_core.Geometry.DataBlocks - accounted} blocks are neither in use nor free nor about to be");
        var held = _core.State.Images.Pages - _core.State.Images.FreePages;

        // A checkpoint moves images, also those that were looked at already.
        if (runs == _checkpointer.Runs && held != pages.SetCount + _core.State.RetiredPages.Count)
            report.Add($"{held} pages of the map zone are held, {pages.SetCount} by images and {_core.State.RetiredPages.Count} retired");
        return report;
    }

    private unsafe void Verify(int slot, PagedBitmap seen, PagedBitmap pages, ConsistencyReport report)
    {
        ref readonly var entry = ref _core.State.Table.Read(slot);
        var map = _core.State.Table.State(slot).Map;
        if (map->Count != entry.Entries || map->Present != entry.Present)
            report.Add($"the table says {entry.Entries}/{entry.Present} blocks for {entry.Id}, its map {map->Count}/{map->Present}");
        foreach (ref readonly var block in LayerMap.EntriesOf(map))
        {
            if (block.Version > entry.HighestVersion)
                report.Add($"{entry.Id} has a block of version {block.Version}, above its highest {entry.HighestVersion}");
            if (block.IsHole)
                continue;
            if (!_core.Geometry.IsDataAddress(block.Address))
                report.Add($"{entry.Id} refers to block {block.Address} outside the data zone");
            else if (seen.Change(_core.State.BitOf(block.Address), 1, true) == 0)
                report.Add($"block {block.Address} is referred to twice, by {entry.Id} and another");
            else if (!_core.State.Used.Get(_core.State.BitOf(block.Address)))
                report.Add($"block {block.Address} of {entry.Id} is free in the bitmap");
            else if (_core.State.Allocator.IsFree(block.Address))
                report.Add($"block {block.Address} of {entry.Id} is free in the allocator");
        }

        for (var i = 0; i < entry.PageCount; i++)
        {
            if (pages.Change(entry.Pages[i] - 1L, 1, true) == 0)
                report.Add($"page {entry.Pages[i]} of the map zone belongs to {entry.Id} and another");
        }
    }
}
