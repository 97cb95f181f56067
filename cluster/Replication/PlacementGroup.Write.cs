using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

public sealed partial class PlacementGroup
{
    /// <summary>Writes whole blocks of one object; durable on every in-sync member when it completes.</summary>
    /// <param name="id">The object.</param>
    /// <param name="firstBlock">First block within it.</param>
    /// <param name="source">Page-aligned, a multiple of 4096 bytes; the caller keeps its reference.</param>
    /// <param name="checksums">CRC-32C of each block.</param>
    /// <param name="snapshotSequence">Newest snapshot sequence of the space.</param>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<GroupResult> WriteAsync(
        ObjectId id, int firstBlock, BufferSlice source, ReadOnlyMemory<uint> checksums, uint snapshotSequence = 0)
    {
        var ticket = _context.Locks.Enter(id.Space, AbsoluteBlock(id, firstBlock), source.Length / StoreUnits.BlockBytes, true);
        if (!ticket.IsGranted)
            await ticket.WaitAsync();
        var result = new GroupResult(GroupStatus.Unavailable);
        if (State == GroupState.Active || await WaitUntilActiveAsync())
        {
            var write = new StoreWrite
            {
                Id = id,
                FirstBlock = firstBlock,
                Source = source,
                Checksums = checksums,
                Version = NextVersion(),
                SnapshotSequence = snapshotSequence,
            };
            var token = _tracker.Begin(write.Version);
            var members = _members;
            if (members.Length == 1)
            {
                result = ToGroupResult(await members[0].Replica.WriteAsync(_stamp, write));
            }
            else
            {
                var fanOut = _context.FanOuts.Rent();
                await fanOut.WriteAsync(members, _stamp, write);
                result = Conclude(fanOut, members);
            }

            _tracker.End(token);
        }

        _context.Locks.Leave(ticket);
        return result;
    }

    /// <summary>Makes blocks absent; durable on every in-sync member when it completes.</summary>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<GroupResult> DiscardAsync(ObjectId id, int firstBlock, int blockCount, uint snapshotSequence = 0)
    {
        var ticket = _context.Locks.Enter(id.Space, AbsoluteBlock(id, firstBlock), blockCount, true);
        if (!ticket.IsGranted)
            await ticket.WaitAsync();
        var result = new GroupResult(GroupStatus.Unavailable);
        if (State == GroupState.Active || await WaitUntilActiveAsync())
        {
            var version = NextVersion();
            var token = _tracker.Begin(version);
            var members = _members;
            var fanOut = _context.FanOuts.Rent();
            await fanOut.DiscardAsync(members, _stamp, id, firstBlock, blockCount, version, snapshotSequence);
            result = Conclude(fanOut, members);
            _tracker.End(token);
        }

        _context.Locks.Leave(ticket);
        return result;
    }

    private static GroupResult Conclude(MemberFanOut fanOut, GroupMember[] members)
    {
        var result = GroupResult.Ok;
        for (var i = 0; i < members.Length && result.IsOk; i++)
            result = ToGroupResult(fanOut.ResultOf(i));
        fanOut.Return();
        return result;
    }
}
