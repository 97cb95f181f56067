using System.Runtime.CompilerServices;
using Uss.Replication;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

internal sealed partial class SpaceAccess
{
    /// <summary>
    /// Reads <c>target.Length</c> bytes, at least one. No copy is made where <paramref name="target"/> starts on a page boundary of its
    /// buffer and <paramref name="offset"/> is a multiple of 4096; the caller keeps its reference.
    /// </summary>
    public ValueTask<VolumeResult> ReadAsync(ulong space, long offset, BufferSlice target)
    {
        var ticket = Enter(space, offset, target.Length, isExclusive: false);
        return IsDirect(offset, target) ? ReadBlocksAsync(ticket, space, offset, target) : ReadRangeAsync(ticket, space, offset, target);
    }

    // Whole blocks of one object, straight into the caller's buffer.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<VolumeResult> ReadBlocksAsync(RangeLockTicket ticket, ulong space, long offset, BufferSlice target)
    {
        if (!ticket.IsGranted)
            await ticket.WaitAsync();
        var id = ObjectAt(space, offset);
        var result = await _pool.RouteOf(id).ReadAsync(id, BlockInObject(offset), target);
        _locks.Leave(ticket);
        return ToVolumeResult(result, offset);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<VolumeResult> ReadRangeAsync(RangeLockTicket ticket, ulong space, long offset, BufferSlice target)
    {
        if (!ticket.IsGranted)
            await ticket.WaitAsync();
        var result = await ReadPiecesAsync(space, offset, target);
        _locks.Leave(ticket);
        return result;
    }

    /// <summary>Whether the byte at <paramref name="offset"/> is mapped, and how far that holds within its object.</summary>
    public async ValueTask<AllocationExtent> QueryAllocationAsync(ulong space, long offset)
    {
        var id = ObjectAt(space, offset);
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
        return new AllocationExtent(VolumeStatus.Ok, start, (long)(end - first) * StoreUnits.BlockBytes, isMapped);
    }

    // Reads object by object at once; the caller holds the ticket.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<VolumeResult> ReadPiecesAsync(ulong space, long offset, BufferSlice target)
    {
        var pieces = _context.RentTasks();
        var count = 0;
        for (var done = 0; done < target.Length;)
        {
            var length = PieceLength(offset + done, target.Length - done);
            pieces.Tasks[count++] = ReadPieceAsync(space, offset + done, target.Slice(done, length));
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
    private async ValueTask<VolumeResult> ReadPieceAsync(ulong space, long offset, BufferSlice target)
    {
        var id = ObjectAt(space, offset);
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
