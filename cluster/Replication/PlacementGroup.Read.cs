using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

public sealed partial class PlacementGroup
{
    /// <summary>
    /// Reads whole blocks: the newest acknowledged state, and never a state that is not yet durable on every in-sync
    /// member.
    /// </summary>
    /// <param name="id">The object.</param>
    /// <param name="firstBlock">First block within it.</param>
    /// <param name="target">Page-aligned, a multiple of 4096 bytes; the caller keeps its reference.</param>
    /// <param name="snapshotSequence">Which state; <see cref="StoreUnits.Head"/> for the newest.</param>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<GroupResult> ReadAsync(
        ObjectId id, int firstBlock, BufferSlice target, uint snapshotSequence = StoreUnits.Head)
    {
        var ticket = _context.Locks.Enter(id.Space, AbsoluteBlock(id, firstBlock), target.Length / StoreUnits.BlockBytes, false);
        if (!ticket.IsGranted)
            await ticket.WaitAsync();
        var result = new GroupResult(GroupStatus.Unavailable);
        if (State == GroupState.Active || await WaitUntilActiveAsync())
        {
            var read = await _members[0].Replica.ReadAsync(_stamp, id, firstBlock, target, snapshotSequence);
            result = ToGroupResult(read);
        }

        _context.Locks.Leave(ticket);
        return result;
    }

    /// <summary>As <see cref="IObjectStore.DescribeAsync"/>, from an in-sync member.</summary>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<GroupResult> DescribeAsync(ObjectId id, int firstBlock, Memory<BlockDescription> blocks)
    {
        if (State != GroupState.Active && !await WaitUntilActiveAsync())
            return new GroupResult(GroupStatus.Unavailable);
        return ToGroupResult(await _members[0].Replica.DescribeAsync(_stamp, id, firstBlock, blocks));
    }

    private static GroupResult ToGroupResult(StoreResult result) => result.Status switch
    {
        StoreStatus.Ok => GroupResult.Ok,
        StoreStatus.NoSpace => new GroupResult(GroupStatus.NoSpace),
        StoreStatus.Damaged => new GroupResult(GroupStatus.Damaged, result.FirstBlock),
        _ => new GroupResult(GroupStatus.Unavailable),
    };
}
