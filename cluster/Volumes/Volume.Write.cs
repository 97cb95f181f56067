using System.Runtime.CompilerServices;
using Uss.Replication;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

public sealed partial class Volume
{
    /// <inheritdoc/>
    public ValueTask<VolumeResult> WriteAsync(long offset, BufferSlice source)
    {
        var result = Check(offset, source.Length);
        if (!result.IsOk || source.Length == 0)
            return new ValueTask<VolumeResult>(result);
        var ticket = Enter(offset, source.Length, isExclusive: true);
        return IsDirect(offset, source) ? WriteBlocksAsync(offset, source, ticket) : WriteRangeAsync(ticket, offset, source);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<VolumeResult> WriteRangeAsync(RangeLockTicket ticket, long offset, BufferSlice source)
    {
        if (!ticket.IsGranted)
            await ticket.WaitAsync();
        var result = await WritePiecesAsync(offset, source);
        _locks.Leave(ticket);
        return result;
    }

    /// <inheritdoc/>
    public async ValueTask<VolumeResult> CompareAndWriteAsync(long offset, BufferSlice expected, BufferSlice source)
    {
        // One buffer holds all blocks that the range touches; commands are far smaller (255 blocks of 512 bytes).
        Invariant.Check(expected.Length == source.Length && source.Length <= BufferPool.MaximumBytes / 2);
        var result = Check(offset, source.Length);
        if (!result.IsOk || source.Length == 0)
            return result;
        var ticket = Enter(offset, source.Length, isExclusive: true);
        if (!ticket.IsGranted)
            await ticket.WaitAsync();

        var cover = Cover.Of(offset, source.Length);
        var bounce = _context.Reactor.Buffers.Rent(cover.Length);
        var whole = bounce.Slice(0, cover.Length);
        result = await ReadPiecesAsync(cover.Offset, whole);
        if (result.IsOk)
        {
            var present = whole.Slice(cover.Skip, source.Length);
            var equal = present.Span.CommonPrefixLength(expected.Span);
            if (equal < source.Length)
            {
                result = new VolumeResult(VolumeStatus.Miscompare, equal);
            }
            else
            {
                source.Span.CopyTo(present.Span);
                result = await WritePiecesAsync(cover.Offset, whole);
            }
        }

        bounce.Release();
        _locks.Leave(ticket);
        return result;
    }

    // Writes object by object at once; the caller holds the ticket.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<VolumeResult> WritePiecesAsync(long offset, BufferSlice source)
    {
        var pieces = _context.RentTasks();
        var count = 0;
        for (var done = 0; done < source.Length;)
        {
            var length = PieceLength(offset + done, source.Length - done);
            var part = source.Slice(done, length);
            pieces.Tasks[count++] = IsDirect(offset + done, part)
                ? WriteBlocksAsync(offset + done, part)
                : ModifyBlocksAsync(offset + done, part);
            done += length;
        }

        var result = VolumeResult.Ok;
        for (var i = 0; i < count; i++)
        {
            var piece = await pieces.Tasks[i];
            if (result.IsOk)
                result = piece;
        }

        _context.Return(pieces);
        return result;
    }

    // Whole blocks of one object, straight from the caller's buffer. Leaves the ticket if one is given; otherwise the
    // caller holds one.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<VolumeResult> WriteBlocksAsync(long offset, BufferSlice source, RangeLockTicket? ticket = null)
    {
        if (ticket is { IsGranted: false })
            await ticket.WaitAsync();
        var blocks = source.Length / StoreUnits.BlockBytes;
        var checksums = _context.Checksums.Rent(blocks);
        ComputeChecksums(source, checksums);
        var id = ObjectAt(offset);
        var result = await _pool.GroupOf(id).WriteAsync(id, BlockInObject(offset), source, checksums.AsMemory(0, blocks));
        _context.Checksums.Return(checksums);
        if (ticket is not null)
            _locks.Leave(ticket);
        return ToVolumeResult(result, offset);
    }

    // A range within one object that does not consist of whole blocks, or whose buffer is not aligned.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<VolumeResult> ModifyBlocksAsync(long offset, BufferSlice source)
    {
        var cover = Cover.Of(offset, source.Length);
        var bounce = _context.Reactor.Buffers.Rent(cover.Length);
        var whole = bounce.Slice(0, cover.Length);
        var tail = (int)((offset + source.Length) & (StoreUnits.BlockBytes - 1));
        var result = VolumeResult.Ok;
        if (cover.Skip != 0 || (tail != 0 && cover.Length == StoreUnits.BlockBytes))
            result = await ReadPieceAsync(cover.Offset, whole.Slice(0, StoreUnits.BlockBytes));
        if (result.IsOk && tail != 0 && cover.Length > StoreUnits.BlockBytes)
        {
            var last = cover.Length - StoreUnits.BlockBytes;
            result = await ReadPieceAsync(cover.Offset + last, whole.Slice(last, StoreUnits.BlockBytes));
        }

        if (result.IsOk)
        {
            source.Span.CopyTo(whole.Span[cover.Skip..]);
            result = await WriteBlocksAsync(cover.Offset, whole);
        }

        bounce.Release();
        return result;
    }

    private static void ComputeChecksums(BufferSlice source, uint[] checksums)
    {
        var bytes = source.Span;
        for (var i = 0; i * StoreUnits.BlockBytes < bytes.Length; i++)
            checksums[i] = Crc32C.Compute(bytes.Slice(i * StoreUnits.BlockBytes, StoreUnits.BlockBytes));
    }
}
