using Uss.Runtime;

namespace Uss.Store;

/// <summary>Loads the bitmap and the object table of a checkpoint.</summary>
internal sealed class CheckpointLoader(StoreCore core)
{
    private const int PagesPerChunk = StoreFormat.ChunkBytes / FrozenPages.PageBytes;

    // Enough to keep a device busy: a disk of a TiB has a thousand chunks.
    private const int ReadsInFlight = 16;

    private static readonly byte[] _ones = CreateOnes();

    /// <summary>Loads into the state of the core.</summary>
    /// <returns>Why not; null when all is well.</returns>
    public async ValueTask<Fault?> LoadAsync()
    {
        var geometry = core.Geometry;
        var buffer = core.Reactor.Buffers.Rent(Math.Max(geometry.RootBytes, ReadsInFlight * StoreFormat.ChunkBytes));
        var chunks = new ChunkEntry[geometry.BitmapChunks + geometry.TableChunks];
        var fault = await LoadRootAsync(buffer.Slice(0, geometry.RootBytes), chunks) ?? await LoadChunksAsync(chunks, buffer);
        buffer.Release();
        var highSlot = Array.FindLastIndex(chunks, chunk => chunk.State == ChunkState.Stored) - geometry.BitmapChunks + 1;
        return fault ?? TakeUp(Math.Max(highSlot, 0) * TableEntry.PerChunk);
    }

    private static byte[] CreateOnes()
    {
        var ones = new byte[FrozenPages.PageBytes];
        ones.AsSpan().Fill(0xFF);
        return ones;
    }

    private async ValueTask<Fault?> LoadRootAsync(BufferSlice root, ChunkEntry[] chunks)
    {
        var io = await core.Disk.ReadAsync(core.Geometry.CheckpointStart(core.Superblock.Area), root);
        if (!io.IsOk)
            return Damaged($"its root cannot be read: {Errno.Describe(io.Error)}");
        return CheckpointRoot.TryRead(root.Span, core.Superblock, chunks) ? null : Damaged("its root fails its checksum");
    }

    private async ValueTask<Fault?> LoadChunksAsync(ChunkEntry[] chunks, PageBuffer buffer)
    {
        var loads = new ValueTask<Fault?>[ReadsInFlight];
        Fault? fault = null;
        var started = 0;
        for (var i = 0; i < chunks.Length && fault is null; i++)
        {
            if (chunks[i].State == ChunkState.Zeros)
                continue;
            var place = started % ReadsInFlight;
            if (started >= ReadsInFlight)
                fault = await loads[place];
            loads[place] = LoadChunkAsync(i, chunks[i], buffer.Slice(place * StoreFormat.ChunkBytes, StoreFormat.ChunkBytes));
            started++;
        }

        for (var i = Math.Max(0, started - ReadsInFlight); i < started; i++)
            fault = await loads[i % ReadsInFlight] ?? fault;
        return fault;
    }

    private async ValueTask<Fault?> LoadChunkAsync(int index, ChunkEntry entry, BufferSlice buffer)
    {
        var isBitmap = index < core.Geometry.BitmapChunks;
        var chunk = isBitmap ? index : index - core.Geometry.BitmapChunks;
        if (entry.State == ChunkState.Stored)
        {
            var area = core.Superblock.Area;
            var offset = isBitmap ? core.Geometry.BitmapChunkOffset(area, chunk) : core.Geometry.TableChunkOffset(area, chunk);
            var io = await core.Disk.ReadAsync(offset, buffer);
            if (!io.IsOk)
                return Damaged($"{offset} cannot be read: {Errno.Describe(io.Error)}");
            if (Crc32C.Compute(buffer.Span) != entry.Checksum)
                return Damaged($"what lies at byte {offset} fails its checksum");
        }

        for (var i = 0; i < PagesPerChunk && entry.State != ChunkState.Zeros; i++)
        {
            var page = (chunk * PagesPerChunk) + i;
            var content = entry.State == ChunkState.Ones ? _ones : buffer.Span.Slice(i * FrozenPages.PageBytes, FrozenPages.PageBytes);
            if (isBitmap)
                core.State.Used.LoadPage(page, content);
            else
                core.State.Table.LoadPage(page, content);
        }

        return null;
    }

    private Fault? TakeUp(int highSlot)
    {
        var state = core.State;
        if (!state.Table.LinkLoaded(highSlot))
            return Damaged("its object table names a layer twice");
        if (state.Used.NextSet(core.Geometry.DataBlocks, state.Used.Length) < state.Used.Length)
            return Damaged("its bitmap names blocks behind the end of the disk");
        for (var slot = 0; slot < highSlot; slot++)
        {
            ref readonly var entry = ref state.Table.Read(slot);
            if (entry.Kind == TableEntryKind.Layer && !TakeUpLayer(entry))
                return Damaged($"the entry of object {entry.Id} contradicts others");
            state.Marks.Load(slot);
        }

        state.HighestVersion = core.Superblock.HighestVersion;
        return null;
    }

    private unsafe bool TakeUpLayer(in TableEntry entry)
    {
        if (entry.PageCount > MapImage.MaximumPages || entry.Entries > StoreUnits.BlocksPerObject || entry.Present > entry.Entries)
            return false;
        for (var i = 0; i < entry.PageCount; i++)
        {
            if (!core.State.Images.TryMark(entry.Pages[i]))
                return false;
        }

        core.State.CountImagePages(entry.Entries);
        return true;
    }

    private Fault Damaged(string why) =>
        new(
            "checkpoint-damaged",
            $"The checkpoint of {core.Disk.Path} is damaged: {why}.",
            "Replace the disk and restore its data from the other copies.");
}
