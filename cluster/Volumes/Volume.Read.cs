using System.Runtime.CompilerServices;
using Uss.Replication;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

public sealed partial class Volume
{
    /// <inheritdoc/>
    public ValueTask<VolumeResult> ReadAsync(long offset, BufferSlice target)
    {
        var result = Check(offset, target.Length);
        if (!result.IsOk || target.Length == 0)
            return new ValueTask<VolumeResult>(result);
        var ticket = Enter(offset, target.Length, isExclusive: false);
        return IsDirect(offset, target) ? ReadBlocksAsync(ticket, offset, target) : ReadRangeAsync(ticket, offset, target);
    }

    // Whole blocks of one object, straight into the caller's buffer.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<VolumeResult> ReadBlocksAsync(RangeLockTicket ticket, long offset, BufferSlice target)
    {
        if (!ticket.IsGranted)
            await ticket.WaitAsync();
        var id = ObjectAt(offset);
        var result = await _pool.RouteOf(id).ReadAsync(id, BlockInObject(offset), target);
        _locks.Leave(ticket);
        return ToVolumeResult(result, offset);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<VolumeResult> ReadRangeAsync(RangeLockTicket ticket, long offset, BufferSlice target)
    {
        if (!ticket.IsGranted)
            await ticket.WaitAsync();
        var result = await ReadPiecesAsync(offset, target);
        _locks.Leave(ticket);
        return result;
    }

    /// <inheritdoc/>
    public async ValueTask<AllocationExtent> QueryAllocationAsync(long offset)
    {
        var check = Check(offset, 1);
        if (!check.IsOk)
            return new AllocationExtent(check.Status, 0, 0, false);
        var id = ObjectAt(offset);
        var descriptions = _context.RentDescriptions();
        var described = await _pool.RouteOf(id).DescribeAsync(id, 0, descriptions);
        var block = BlockInObject(offset);
        var isMapped = descriptions[block].IsPresent;
        int first = block, end = block + 1;
        while (first > 0 && descriptions[first - 1].IsPresent == isMapped)
            first--;
        while (end < descriptions.Length && descriptions[end].IsPresent == isMapped)
            end++;
        _context.Return(descriptions);
        if (!described.IsOk)
            return new AllocationExtent(ToVolumeResult(described, offset).Status, 0, 0, false);

        var start = (offset / StoreUnits.ObjectBytes * StoreUnits.ObjectBytes) + ((long)first * StoreUnits.BlockBytes);
        var length = Math.Min((long)(end - first) * StoreUnits.BlockBytes, SizeBytes - start);
        return new AllocationExtent(VolumeStatus.Ok, start, length, isMapped);
    }

    // Reads object by object at once; the caller holds the ticket.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<VolumeResult> ReadPiecesAsync(long offset, BufferSlice target)
    {
        var pieces = _context.RentTasks();
        var count = 0;
        for (var done = 0; done < target.Length;)
        {
            var length = PieceLength(offset + done, target.Length - done);
            pieces.Tasks[count++] = ReadPieceAsync(offset + done, target.Slice(done, length));
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

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<VolumeResult> ReadPieceAsync(long offset, BufferSlice target)
    {
        var id = ObjectAt(offset);
        if (IsDirect(offset, target))
            return ToVolumeResult(await _pool.RouteOf(id).ReadAsync(id, BlockInObject(offset), target), offset);

        var cover = Cover.Of(offset, target.Length);
        var bounce = _context.Reactor.Buffers.Rent(cover.Length);
        var whole = bounce.Slice(0, cover.Length);
        var result = ToVolumeResult(await _pool.RouteOf(id).ReadAsync(id, BlockInObject(cover.Offset), whole), offset);
        if (result.Status is VolumeStatus.Ok or VolumeStatus.Damaged)
            whole.Span.Slice(cover.Skip, target.Length).CopyTo(target.Span);
        bounce.Release();
        return result;
    }
}
