using Uss.Runtime;

namespace Uss.Store;

/// <summary>The second part of a checkpoint: bitmap and object table of one instant.</summary>
internal sealed partial class Checkpointer
{
    private const int PagesPerChunk = StoreFormat.ChunkBytes / FrozenPages.PageBytes;
    private const int WritesInFlight = 4;

    // Chunks of zeros or ones are only looked at; so many take a small part of a millisecond.
    private const int ChunksPerSlice = 64;

    private async ValueTask<IoResult> WriteChunksAsync(Superblock superblock)
    {
        var geometry = _core.Geometry;
        var chunks = new ChunkEntry[geometry.BitmapChunks + geometry.TableChunks];
        var buffer = _core.Reactor.Buffers.Rent(Math.Max(WritesInFlight * StoreFormat.ChunkBytes, geometry.RootBytes));
        var writes = new ValueTask<IoResult>[WritesInFlight];
        IoResult result = default;
        var started = 0;
        for (var i = 0; i < chunks.Length && result.IsOk; i++)
        {
            if (i % ChunksPerSlice == 0)
                await _core.Reactor.YieldAsync();
            var place = started % WritesInFlight;
            if (started >= WritesInFlight)
                result = Worse(result, await writes[place]);
            writes[place] = new ValueTask<IoResult>(default(IoResult));
            var target = buffer.Slice(place * StoreFormat.ChunkBytes, StoreFormat.ChunkBytes);
            chunks[i] = TakeChunk(i, target.Span);
            if (chunks[i].State == ChunkState.Stored)
                writes[place] = WriteAsync(OffsetOf(superblock.Area, i), target);
            started++;
        }

        for (var i = Math.Max(0, started - WritesInFlight); i < started; i++)
            result = Worse(result, await writes[i % WritesInFlight]);
        if (result.IsOk)
        {
            var root = buffer.Slice(0, geometry.RootBytes);
            _rootChecksum = CheckpointRoot.Write(root.Span, geometry, superblock.Generation, chunks);
            result = await WriteAsync(geometry.CheckpointStart(superblock.Area), root);
        }

        buffer.Release();
        return result;
    }

    private long OffsetOf(int area, int chunk) =>
        chunk < _core.Geometry.BitmapChunks
            ? _core.Geometry.BitmapChunkOffset(area, chunk)
            : _core.Geometry.TableChunkOffset(area, chunk - _core.Geometry.BitmapChunks);

    // Copies a chunk of the frozen state and lets the state go.
    private unsafe ChunkEntry TakeChunk(int index, Span<byte> target)
    {
        var isBitmap = index < _core.Geometry.BitmapChunks;
        var pages = isBitmap ? _core.State.Used.Pages : _core.State.Table.Pages;
        var first = (isBitmap ? index : index - _core.Geometry.BitmapChunks) * PagesPerChunk;
        var isZero = true;
        for (var page = 0; page < PagesPerChunk; page++)
        {
            var content = pages.ReadFrozen(first + page);
            var part = target.Slice(page * FrozenPages.PageBytes, FrozenPages.PageBytes);
            if (content == null)
                part.Clear();
            else
                new ReadOnlySpan<byte>(content, FrozenPages.PageBytes).CopyTo(part);
            isZero &= content == null;
            pages.Release(first + page);
        }

        if (isZero || !target.ContainsAnyExcept((byte)0))
            return new ChunkEntry(ChunkState.Zeros, 0);
        return isBitmap && !target.ContainsAnyExcept((byte)0xFF)
            ? new ChunkEntry(ChunkState.Ones, 0)
            : new ChunkEntry(ChunkState.Stored, Crc32C.Compute(target));
    }
}
