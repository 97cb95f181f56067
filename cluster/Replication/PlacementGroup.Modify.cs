using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

// Changes of less than whole blocks, and changes under a condition. They are made where all operations of the group are
// ordered, so that they are atomic whichever front-end they come from.
public sealed partial class PlacementGroup
{
    /// <summary>Writes a range of bytes of one object, if need be only when it holds what is expected.</summary>
    /// <param name="id">The object.</param>
    /// <param name="offset">First byte within it.</param>
    /// <param name="source">The bytes, in any alignment; the caller keeps its reference.</param>
    /// <param name="expected">As many bytes that must be there; empty: whatever is there is overwritten.</param>
    /// <param name="operation">As in <see cref="WriteAsync"/>.</param>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<GroupResult> ModifyAsync(
        ObjectId id, int offset, BufferSlice source, BufferSlice expected, OperationStamp? operation = null)
    {
        Invariant.Check(expected.IsEmpty || expected.Length == source.Length);
        var first = offset / StoreUnits.BlockBytes;
        var skip = offset % StoreUnits.BlockBytes;
        var blocks = (skip + source.Length + StoreUnits.BlockBytes - 1) / StoreUnits.BlockBytes;
        var ticket = _context.Locks.Enter(id.Space, AbsoluteBlock(id, first), blocks, true);
        if (!ticket.IsGranted)
            await ticket.WaitAsync();
        var bounce = _context.Reactor.Buffers.Rent(blocks * StoreUnits.BlockBytes);
        var whole = bounce.Slice(0, blocks * StoreUnits.BlockBytes);
        var term = _term;
        var result = await ReadForChangeAsync(id, first, whole, skip, source.Length, isWhole: !expected.IsEmpty);
        var stamp = operation ?? OperationStamp.None;
        if (!result.IsOk)
        {
            // Nothing was done, so that another try is as good as the first.
            if (result.Status == GroupStatus.Unavailable)
                result = new GroupResult(GroupStatus.NotServed);
        }
        else if (!stamp.IsRepeated || MayTakeEffect(stamp, ref result))
        {
            var present = whole.Span.Slice(skip, source.Length);
            var equal = expected.IsEmpty ? source.Length : present.CommonPrefixLength(expected.Span);
            if (equal < source.Length)
            {
                result = new GroupResult(GroupStatus.Miscompare, equal);
            }
            else
            {
                // Another primary may have been here since the blocks were read.
                source.Span.CopyTo(present);
                result = term == _term && State == GroupState.Active
                    ? await WriteUnderAsync(null, id, first, whole, default, 0, stamp)
                    : new GroupResult(GroupStatus.NotServed);
            }
        }

        bounce.Release();
        _context.Locks.Leave(ticket);
        return result.Status == GroupStatus.NotServed && FindHeir(id) is { } heir
            ? await heir.ModifyAsync(id, offset, source, expected, operation)
            : result;
    }

    // Reads the blocks that are not overwritten whole: the first and the last one, or all where they are compared.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<GroupResult> ReadForChangeAsync(ObjectId id, int first, BufferSlice whole, int skip, int length, bool isWhole)
    {
        if (isWhole)
            return await ReadUnderAsync(null, id, first, whole, StoreUnits.Head);
        var result = GroupResult.Ok;
        var tail = (skip + length) % StoreUnits.BlockBytes;
        var last = whole.Length - StoreUnits.BlockBytes;
        if (skip != 0 || (tail != 0 && last == 0))
            result = await ReadUnderAsync(null, id, first, whole.Slice(0, StoreUnits.BlockBytes), StoreUnits.Head);
        if (result.IsOk && tail != 0 && last > 0)
        {
            result = await ReadUnderAsync(
                null, id, first + (last / StoreUnits.BlockBytes), whole.Slice(last, StoreUnits.BlockBytes), StoreUnits.Head);
        }

        return result;
    }
}
