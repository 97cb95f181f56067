using System.Runtime.CompilerServices;
using Uss.Replication;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

internal sealed partial class SpaceAccess
{
    /// <summary>Writes all of <paramref name="source"/>, at least one byte, under the same rule as <see cref="ReadAsync"/>.</summary>
    public ValueTask<VolumeResult> WriteAsync(ulong space, long offset, BufferSlice source)
    {
        var arrivedNs = _pool.ArrivalNs;
        var ticket = Enter(space, offset, source.Length, isExclusive: true);
        return IsDirect(offset, source)
            ? WriteBlocksAsync(space, offset, source, arrivedNs, ticket)
            : WriteRangeAsync(ticket, space, offset, source, arrivedNs);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<VolumeResult> WriteRangeAsync(RangeLockTicket ticket, ulong space, long offset, BufferSlice source, long arrivedNs)
    {
        if (!ticket.IsGranted)
            await ticket.WaitAsync();
        var result = await WritePiecesAsync(space, offset, source, arrivedNs);
        _locks.Leave(ticket);
        return result;
    }

    /// <summary>
    /// Compares a range with <paramref name="expected"/> and, when equal, writes <paramref name="source"/> of equal length.
    /// </summary>
    public async ValueTask<VolumeResult> CompareAndWriteAsync(ulong space, long offset, BufferSlice expected, BufferSlice source)
    {
        // One buffer holds all blocks that the range touches; commands are far smaller (255 blocks of 512 bytes).
        Invariant.Check(expected.Length == source.Length && source.Length <= BufferPool.MaximumBytes / 2);
        VolumeResult result;
        var arrivedNs = _pool.ArrivalNs;
        var ticket = Enter(space, offset, source.Length, isExclusive: true);
        if (!ticket.IsGranted)
            await ticket.WaitAsync();
        if (PieceLength(offset, source.Length) == source.Length)
        {
            var id = ObjectAt(space, offset);
            result = ToVolumeResult(
                await _pool.RouteOf(id).ModifyAsync(id, (int)(offset % StoreUnits.ObjectBytes), source, expected, arrivedNs),
                offset);
        }
        else
        {
            result = await CompareAndWritePiecesAsync(space, offset, expected, source, arrivedNs);
        }

        _locks.Leave(ticket);
        return result;
    }

    // Across objects: the caller holds the ticket.
    private async ValueTask<VolumeResult> CompareAndWritePiecesAsync(
        ulong space, long offset, BufferSlice expected, BufferSlice source, long arrivedNs)
    {
        var cover = Cover.Of(offset, source.Length);
        var bounce = _context.Reactor.Buffers.Rent(cover.Length);
        var whole = bounce.Slice(0, cover.Length);
        var result = await ReadPiecesAsync(space, cover.Offset, whole);
        if (result.IsOk)
        {
            var equal = whole.Span.Slice(cover.Skip, source.Length).CommonPrefixLength(expected.Span);
            result = equal < source.Length
                ? new VolumeResult(VolumeStatus.Miscompare, equal)
                : await WritePiecesAsync(space, offset, source, arrivedNs);
        }

        bounce.Release();
        return result;
    }

    // Writes object by object at once; the caller holds the ticket.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<VolumeResult> WritePiecesAsync(ulong space, long offset, BufferSlice source, long arrivedNs)
    {
        var pieces = _context.RentTasks();
        var count = 0;
        for (var done = 0; done < source.Length;)
        {
            var length = PieceLength(offset + done, source.Length - done);
            var part = source.Slice(done, length);
            pieces.Tasks[count++] = IsDirect(offset + done, part)
                ? WriteBlocksAsync(space, offset + done, part, arrivedNs)
                : ModifyBlocksAsync(space, offset + done, part, arrivedNs);
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
    private async ValueTask<VolumeResult> WriteBlocksAsync(
        ulong space, long offset, BufferSlice source, long arrivedNs, RangeLockTicket? ticket = null)
    {
        if (ticket is { IsGranted: false })
            await ticket.WaitAsync();
        var blocks = source.Length / StoreUnits.BlockBytes;
        var checksums = _context.Checksums.Rent(blocks);
        ComputeChecksums(source, checksums);
        var id = ObjectAt(space, offset);
        var result = await _pool.RouteOf(id).WriteAsync(id, BlockInObject(offset), source, checksums.AsMemory(0, blocks), arrivedNs);
        _context.Checksums.Return(checksums);
        if (ticket is not null)
            _locks.Leave(ticket);
        return ToVolumeResult(result, offset);
    }

    // A range within one object that does not consist of whole blocks, or whose buffer is not aligned.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<VolumeResult> ModifyBlocksAsync(ulong space, long offset, BufferSlice source, long arrivedNs)
    {
        var id = ObjectAt(space, offset);
        var result = await _pool.RouteOf(id).ModifyAsync(id, (int)(offset % StoreUnits.ObjectBytes), source, default, arrivedNs);
        return ToVolumeResult(result, offset);
    }

    private static void ComputeChecksums(BufferSlice source, uint[] checksums)
    {
        var bytes = source.Span;
        for (var i = 0; i * StoreUnits.BlockBytes < bytes.Length; i++)
            checksums[i] = Crc32C.Compute(bytes.Slice(i * StoreUnits.BlockBytes, StoreUnits.BlockBytes));
    }
}
