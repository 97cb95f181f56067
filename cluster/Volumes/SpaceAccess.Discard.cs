using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

internal sealed partial class SpaceAccess
{
    // A discard holds its ticket for one window at a time, so that a large one does not stop the volume.
    private const long DiscardWindowBytes = (long)(PieceTasks.Capacity - 1) * StoreUnits.ObjectBytes;

    /// <summary>
    /// Makes a range read as zeros and gives back its whole blocks. Ends as removed when <see cref="Retire"/> was called on the way.
    /// </summary>
    public async ValueTask<VolumeResult> DiscardAsync(ulong space, long offset, long length)
    {
        var result = VolumeResult.Ok;
        var arrivedNs = _pool.ArrivalNs;
        while (result.IsOk && length > 0)
        {
            var window = Math.Min(length, DiscardWindowBytes - (offset % StoreUnits.ObjectBytes));
            var ticket = Enter(space, offset, window, isExclusive: true);
            if (!ticket.IsGranted)
                await ticket.WaitAsync();
            result = await DiscardWindowAsync(space, offset, window, arrivedNs);
            _locks.Leave(ticket);
            offset += window;
            length -= window;
            if (_isRetired)
                result = new VolumeResult(VolumeStatus.Removed);
        }

        return result;
    }

    /// <summary>Discards what lies beyond the end of a volume after a shrink.</summary>
    /// <param name="space">Its space.</param>
    /// <param name="offset">The end.</param>
    /// <param name="end">Where the data that there may be ends.</param>
    /// <param name="mayAsync">Asked once each piece has arrived: whether it is still wanted.</param>
    public async ValueTask<VolumeResult> TrimAsync(ulong space, long offset, long end, Func<ValueTask<bool>> mayAsync)
    {
        var result = VolumeResult.Ok;
        while (result.IsOk && offset < end && !_isRetired)
        {
            var window = Math.Min(end - offset, DiscardWindowBytes - (offset % StoreUnits.ObjectBytes));

            // Operations that began before the shrink may still be there.
            var ticket = Enter(space, offset, window, isExclusive: true);
            if (!ticket.IsGranted)
                await ticket.WaitAsync();
            var arrivedNs = _pool.ArrivalNs;
            result = await mayAsync()
                ? await DiscardWindowAsync(space, offset, window, arrivedNs)
                : new VolumeResult(VolumeStatus.Unavailable);
            _locks.Leave(ticket);
            offset += window;
        }

        // A volume that was closed on the way is not trimmed: the record must go on saying so.
        return _isRetired ? new VolumeResult(VolumeStatus.Removed) : result;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<VolumeResult> DiscardWindowAsync(ulong space, long offset, long length, long arrivedNs)
    {
        var end = offset + length;
        var firstWhole = (offset + StoreUnits.BlockBytes - 1) & ~(StoreUnits.BlockBytes - 1L);
        var endWhole = end & ~(StoreUnits.BlockBytes - 1L);
        if (firstWhole > endWhole)
            return await ZeroEdgeAsync(space, offset, (int)length, arrivedNs);

        var pieces = _context.RentTasks();
        var count = 0;
        for (var at = firstWhole; at < endWhole;)
        {
            var piece = PieceLength(at, endWhole - at);
            pieces.Tasks[count++] = DiscardBlocksAsync(space, at, piece, arrivedNs);
            at += piece;
        }

        var result = await ZeroEdgeAsync(space, offset, (int)(firstWhole - offset), arrivedNs);
        var tail = await ZeroEdgeAsync(space, endWhole, (int)(end - endWhole), arrivedNs);
        if (result.IsOk)
            result = tail;
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
    private async ValueTask<VolumeResult> DiscardBlocksAsync(ulong space, long offset, int length, long arrivedNs)
    {
        var id = ObjectAt(space, offset);
        return ToVolumeResult(
            await _pool.RouteOf(id).DiscardAsync(id, BlockInObject(offset), length / StoreUnits.BlockBytes, arrivedNs), offset);
    }

    // Zeroes a part of one block; a part that is zero already, as in a hole, is left alone.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<VolumeResult> ZeroEdgeAsync(ulong space, long offset, int length, long arrivedNs)
    {
        if (length == 0)
            return VolumeResult.Ok;
        var cover = Cover.Of(offset, length);
        Invariant.Check(cover.Length == StoreUnits.BlockBytes);
        var bounce = _context.Reactor.Buffers.Rent(cover.Length);
        var whole = bounce.Slice(0, cover.Length);
        var result = await ReadPieceAsync(space, cover.Offset, whole);
        if (result.IsOk && whole.Span.Slice(cover.Skip, length).ContainsAnyExcept((byte)0))
        {
            var zeros = whole.Slice(cover.Skip, length);
            zeros.Span.Clear();
            result = await ModifyBlocksAsync(space, offset, zeros, arrivedNs);
        }

        bounce.Release();
        return result;
    }
}
