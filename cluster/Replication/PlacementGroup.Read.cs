using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

public sealed partial class PlacementGroup
{
    /// <summary>
    /// Reads whole blocks: the newest acknowledged state, and never a state that is not yet durable on every in-sync
    /// member. Damaged blocks come from another in-sync member and are repaired in the background.
    /// </summary>
    /// <param name="id">The object.</param>
    /// <param name="firstBlock">First block within it.</param>
    /// <param name="target">Page-aligned, a multiple of 4096 bytes; the caller keeps its reference.</param>
    /// <param name="snapshotSequence">Which state; <see cref="StoreUnits.Head"/> for the newest.</param>
    public ValueTask<GroupResult> ReadAsync(
        ObjectId id, int firstBlock, BufferSlice target, uint snapshotSequence = StoreUnits.Head)
    {
        var arrivedNs = _context.Pace.NoteArrival();
        var ticket = _context.Locks.Enter(id.Space, AbsoluteBlock(id, firstBlock), target.Length / StoreUnits.BlockBytes, false);
        return ReadUnderAsync(ticket, id, firstBlock, target, snapshotSequence, arrivedNs);
    }

    // Leaves the ticket if one is given; otherwise the caller holds the range.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<GroupResult> ReadUnderAsync(
        RangeLockTicket? ticket, ObjectId id, int firstBlock, BufferSlice target, uint snapshotSequence, long arrivedNs = 0)
    {
        if (ticket is { IsGranted: false })
            await ticket.WaitAsync();
        var result = new GroupResult(GroupStatus.NotServed);
        if ((CanRead || await WaitUntilReadableAsync()) && Owns(id))
        {
            var primary = _members[0];
            var read = await primary.Replica.ReadAsync(_stamp, id, firstBlock, target, snapshotSequence);
            result = read.IsOk ? GroupResult.Ok : await RecoverReadAsync(primary, read, id, firstBlock, target, snapshotSequence);
            if (result.IsOk && _lost is { Count: > 0 } && snapshotSequence == StoreUnits.Head)
                result = await RefuseLostAsync(id, firstBlock, target.Length / StoreUnits.BlockBytes);
        }

        if (ticket is not null)
        {
            _context.Locks.Leave(ticket);
            _context.Pace.NoteEnd(isWrite: false, arrivedNs);
        }

        return result.Status == GroupStatus.NotServed && ticket is not null && FindHeir(id) is { } heir
            ? await heir.ReadAsync(id, firstBlock, target, snapshotSequence)
            : result;
    }

    /// <summary>As <see cref="IObjectStore.DescribeAsync"/>, from an in-sync member.</summary>
    public async ValueTask<GroupResult> DescribeAsync(ObjectId id, int firstBlock, Memory<BlockDescription> blocks)
    {
        var result = new GroupResult(GroupStatus.Unavailable);
        if (!CanRead && !await WaitUntilReadableAsync())
            return result;
        if (!Owns(id))
            return new GroupResult(GroupStatus.NotServed);
        foreach (var member in Readable())
        {
            result = ToGroupResult(await member.Replica.DescribeAsync(_stamp, id, firstBlock, blocks));
            if (result.IsOk)
                break;
        }

        return result;
    }

    private List<GroupMember> Readable() => [.. _members.Where(member => member.Role == MemberRole.InSync && !member.IsFailed)];

    // The caller holds the range. What the first member could not give is asked of the others.
    private async ValueTask<GroupResult> RecoverReadAsync(
        GroupMember first, StoreResult read, ObjectId id, int firstBlock, BufferSlice target, uint snapshotSequence)
    {
        foreach (var member in Readable())
        {
            if (read.IsOk || read.Status == StoreStatus.Damaged)
                break;

            if (member == first)
                continue;

            // The first cannot be reached at all; the next one is as good.
            LoseDisk(first.DiskId);
            first = member;
            read = await member.Replica.ReadAsync(_stamp, id, firstBlock, target, snapshotSequence);
        }

        return read.Status == StoreStatus.Damaged
            ? await HealAsync(first, read, id, firstBlock, target, snapshotSequence)
            : ToGroupResult(read);
    }

    private async ValueTask<GroupResult> HealAsync(
        GroupMember damaged, StoreResult read, ObjectId id, int firstBlock, BufferSlice target, uint snapshotSequence)
    {
        // Block by block: others may have damage of their own within the span.
        var result = GroupResult.Ok;
        for (var block = read.FirstBlock; block < read.FirstBlock + read.BlockCount; block++)
        {
            var part = target.Slice((block - firstBlock) * StoreUnits.BlockBytes, StoreUnits.BlockBytes);
            if ((await damaged.Replica.ReadAsync(_stamp, id, block, part, snapshotSequence)).IsOk)
                continue;
            if (await ReadElsewhereAsync(damaged, id, block, part, snapshotSequence))
            {
                _context.Counters.BlocksHealed++;
                continue;
            }

            _context.Counters.BlocksLost++;
            if (result.IsOk)
                result = new GroupResult(GroupStatus.Damaged, block);
        }

        if (snapshotSequence == StoreUnits.Head && Readable().Count > 1)
            _context.Repairs.Add(this, id, read.FirstBlock, read.BlockCount);
        return result;
    }

    // Reads one block from an in-sync member other than the damaged one. Members that are in sync hold equal versions;
    // that is checked where the damaged member still knows its version, since wrong data is worse than none.
    private async ValueTask<bool> ReadElsewhereAsync(
        GroupMember damaged, ObjectId id, int block, BufferSlice target, uint snapshotSequence)
    {
        var isHead = snapshotSequence == StoreUnits.Head;
        var wanted = isHead ? await DescribeBlockAsync(damaged, id, block) : null;
        foreach (var member in Readable())
        {
            if (member == damaged)
                continue;
            if (wanted is not null && (await DescribeBlockAsync(member, id, block))?.Version != wanted.Value.Version)
                continue;
            if ((await member.Replica.ReadAsync(_stamp, id, block, target, snapshotSequence)).IsOk)
                return true;
        }

        return false;
    }

    private async ValueTask<BlockDescription?> DescribeBlockAsync(GroupMember member, ObjectId id, int block)
    {
        var description = new BlockDescription[1];
        return (await member.Replica.DescribeAsync(_stamp, id, block, description)).IsOk ? description[0] : null;
    }

    /// <summary>Looks at every in-sync copy of the blocks and overwrites damaged ones with good data of the same version.</summary>
    internal async ValueTask RepairAsync(ObjectId id, int firstBlock, int blockCount)
    {
        var buffer = _context.Reactor.Buffers.Rent(StoreUnits.BlockBytes);
        for (var block = firstBlock; block < firstBlock + blockCount && State == GroupState.Active; block++)
        {
            // One block at a time, so that the foreground hardly waits.
            var ticket = _context.Locks.Enter(id.Space, AbsoluteBlock(id, block), 1, true);
            if (!ticket.IsGranted)
                await ticket.WaitAsync();
            foreach (var member in _context.IsRemoved(id.Space) || !Owns(id) ? [] : Readable())
                await RepairBlockAsync(member, id, block, buffer.Slice(0, StoreUnits.BlockBytes));
            _context.Locks.Leave(ticket);
        }

        buffer.Release();
    }

    private async ValueTask RepairBlockAsync(GroupMember member, ObjectId id, int block, BufferSlice buffer)
    {
        // What comes late must not be done under a newer epoch: another primary may have gone on meanwhile.
        var stamp = _stamp;
        if ((await member.Replica.ReadAsync(stamp, id, block, buffer, StoreUnits.Head)).Status != StoreStatus.Damaged)
            return;
        foreach (var source in Readable())
        {
            if (source == member || await DescribeBlockAsync(source, id, block) is not { } good)
                continue;
            if (await DescribeBlockAsync(member, id, block) is { } bad && bad.Version != good.Version)
                continue;
            if (!(await source.Replica.ReadAsync(stamp, id, block, buffer, StoreUnits.Head)).IsOk)
                continue;

            if (await OverwriteAsync(stamp, member, id, block, buffer, good))
                _context.Counters.BlocksRepaired++;
            return;
        }
    }

    // Puts a good copy of a block over a bad one. The stamp is that of the look by which they were told apart.
    private async ValueTask<bool> OverwriteAsync(
        GroupStamp stamp, GroupMember member, ObjectId id, int block, BufferSlice data, BlockDescription good)
    {
        // A block that was never changed has no version; a member that lost its map of the object needs one to say so.
        var version = good.Version == 0 ? BlockVersion.Compose(stamp.Epoch, 0) : good.Version;
        var result = good.IsPresent
            ? await member.Replica.WriteAsync(stamp, new StoreWrite { Id = id, FirstBlock = block, Source = data, Version = version })
            : await member.Replica.DiscardAsync(stamp, id, block, 1, version, 0);
        if (!result.IsOk && result.Status != StoreStatus.NoSpace && stamp.Epoch == _stamp.Epoch)
            LoseDisk(member.DiskId);
        return result.IsOk;
    }
}
