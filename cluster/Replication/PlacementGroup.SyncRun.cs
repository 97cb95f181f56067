using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

public sealed partial class PlacementGroup
{
    private sealed partial class MemberSync
    {
        private const int CopiesAtOnce = 16;

        // Makes a run of blocks equal; the caller holds it. Blocks that are treated alike go together.
        private async ValueTask<SyncOutcome> SyncRunAsync(ObjectId id, int first, int count)
        {
            var outcome = await DescribeAsync(id, first, count);
            if (outcome == SyncOutcome.SourceDamaged)
                NoteUnreadable(id);
            if (outcome != SyncOutcome.Equal)
                return outcome;

            // What was written at random has many versions: one copy after the other would wait for the disk each time, and
            // clients for the range.
            var copies = new List<ValueTask<SyncOutcome>>(CopiesAtOnce);
            for (var block = first; block < first + count && outcome == SyncOutcome.Equal;)
            {
                var end = block + 1;
                if (Differs(block))
                {
                    while (end < first + count && Differs(end) && IsAlike(block, end))
                        end++;
                    copies.Add(CopyOrSplitAsync(id, block, end - block));
                }

                block = end;
                if (copies.Count == CopiesAtOnce)
                    outcome = await ConcludeAsync(copies);
            }

            var last = await ConcludeAsync(copies);
            return outcome == SyncOutcome.Equal ? last : outcome;
        }

        private async ValueTask<SyncOutcome> CopyOrSplitAsync(ObjectId id, int first, int count)
        {
            var outcome = await CopyAsync(id, first, count);
            return outcome == SyncOutcome.SourceDamaged ? await CopyOneByOneAsync(id, first, count) : outcome;
        }

        // Waits for all, also when one has failed: the range must not be given up before. Returns the first that is not equal.
        private static async ValueTask<SyncOutcome> ConcludeAsync(List<ValueTask<SyncOutcome>> copies)
        {
            var outcome = SyncOutcome.Equal;
            foreach (var copy in copies)
            {
                var ended = await copy;
                if (outcome == SyncOutcome.Equal)
                    outcome = ended;
            }

            copies.Clear();
            return outcome;
        }

        private bool MustRenew(int block) => _memberBlocks[block].Version > _sourceBlocks[block].Version;

        // One write has one version; a renewal gives a new one to all.
        private bool IsAlike(int block, int other) =>
            MustRenew(block) == MustRenew(other)
            && _sourceBlocks[block].IsPresent == _sourceBlocks[other].IsPresent
            && (MustRenew(block) || _sourceBlocks[block].Version == _sourceBlocks[other].Version);

        private async ValueTask<SyncOutcome> CopyOneByOneAsync(ObjectId id, int first, int count)
        {
            for (var block = first; block < first + count; block++)
            {
                var outcome = await CopyAsync(id, block, 1);
                if (outcome == SyncOutcome.SourceDamaged)
                    outcome = await CopyWithoutSourceAsync(id, block);
                if (outcome == SyncOutcome.SourceDamaged)
                    NoteUnreadable(id);
                else if (outcome != SyncOutcome.Equal)
                    return outcome;
            }

            return SyncOutcome.Equal;
        }

        private async ValueTask<SyncOutcome> CopyAsync(ObjectId id, int first, int count)
        {
            var version = MustRenew(first) ? 0 : _sourceBlocks[first].Version;
            if (!_sourceBlocks[first].IsPresent)
                return await DiscardAsync(id, first, count, version);
            var buffer = group._context.Reactor.Buffers.Rent(count * StoreUnits.BlockBytes);
            var data = buffer.Slice(0, count * StoreUnits.BlockBytes);
            var read = await _source.Replica.ReadAsync(group._stamp, id, first, data, StoreUnits.Head);
            var outcome = read.Status switch
            {
                StoreStatus.Ok => await WriteAsync(id, first, data, version),
                StoreStatus.Damaged => SyncOutcome.SourceDamaged,
                _ => SyncOutcome.SourceFailed,
            };
            buffer.Release();
            return outcome;
        }

        // The primary's copy of a block is damaged. Another in-sync member may hold it. While peering the member itself may be
        // in sync: whatever it holds is the last acknowledged state or a newer one, and nothing was served since.
        private async ValueTask<SyncOutcome> CopyWithoutSourceAsync(ObjectId id, int block)
        {
            var buffer = group._context.Reactor.Buffers.Rent(StoreUnits.BlockBytes);
            var data = buffer.Slice(0, StoreUnits.BlockBytes);
            var outcome = SyncOutcome.SourceDamaged;
            if (await group.ReadElsewhereAsync(_source, id, block, data, StoreUnits.Head))
            {
                outcome = await WriteAsync(id, block, data, MustRenew(block) ? 0 : _sourceBlocks[block].Version);
            }
            else if (member.Role == MemberRole.InSync)
            {
                if (!_memberBlocks[block].IsPresent)
                    outcome = await DiscardAsync(id, block, 1, 0);
                else if ((await member.Replica.ReadAsync(group._stamp, id, block, data, StoreUnits.Head)).IsOk)
                    outcome = await WriteAsync(id, block, data, 0);
                else
                    outcome = SyncOutcome.Equal;
            }

            buffer.Release();
            return outcome;
        }

        // Version 0 gives the data a new version, on the primary too.
        private async ValueTask<SyncOutcome> WriteAsync(ObjectId id, int first, BufferSlice data, ulong version)
        {
            // The data was read a moment ago. What is stamped from now on must be what the member may still be given.
            if (IsStopped)
                return SyncOutcome.MemberFailed;
            var write = new StoreWrite { Id = id, FirstBlock = first, Source = data, Version = version };
            var blocks = data.Length / StoreUnits.BlockBytes;
            SyncOutcome outcome;
            if (version != 0)
            {
                outcome = (await member.Replica.WriteAsync(group._stamp, write)).IsOk ? SyncOutcome.Equal : SyncOutcome.MemberFailed;
            }
            else if (isPeering)
            {
                Renewed.Add(id);
                write = write with { Version = group.NextVersion() };
                if (!(await member.Replica.WriteAsync(group._stamp, write)).IsOk)
                    return SyncOutcome.MemberFailed;
                outcome = FromSource(await _source.Replica.WriteAsync(group._stamp, write));
            }
            else
            {
                outcome = FromGroup(await group.WriteUnderAsync(null, id, first, data, default, 0, OperationStamp.None));
            }

            if (outcome == SyncOutcome.Equal)
                group._context.Counters.BlocksResynced += blocks;
            return outcome;
        }

        private async ValueTask<SyncOutcome> DiscardAsync(ObjectId id, int first, int count, ulong version)
        {
            if (IsStopped)
                return SyncOutcome.MemberFailed;
            if (version == 0 && !isPeering)
                return FromGroup(await group.DiscardOnMembersAsync(id, first, count, 0, 0));
            var given = version == 0 ? group.NextVersion() : version;
            if (version == 0)
                Renewed.Add(id);
            if (!(await member.Replica.DiscardAsync(group._stamp, id, first, count, given, 0)).IsOk)
                return SyncOutcome.MemberFailed;
            return version != 0
                ? SyncOutcome.Equal
                : FromSource(await _source.Replica.DiscardAsync(group._stamp, id, first, count, given, 0));
        }

        // A primary without space for a newer version of what it holds: the other member has to go, not the primary.
        private static SyncOutcome FromSource(StoreResult result) => result.Status switch
        {
            StoreStatus.Ok => SyncOutcome.Equal,
            StoreStatus.NoSpace => SyncOutcome.MemberFailed,
            _ => SyncOutcome.SourceFailed,
        };

        private static SyncOutcome FromGroup(GroupResult result) => result.IsOk ? SyncOutcome.Equal : SyncOutcome.MemberFailed;
    }
}
