using Uss.Store;

namespace Uss.Replication;

public sealed partial class PlacementGroup
{
    // Blocks whose newest version no copy can give, while an older one may be readable: they read as damaged until they
    // are written again.
    private Dictionary<(ObjectId Id, int Block), ulong>? _lost;

    /// <summary>
    /// Has every in-sync member read all its blocks of the group from the medium, compares what they hold, and repairs
    /// from a good copy what is damaged, outdated or missing.
    /// </summary>
    /// <param name="findings">Filled in as it goes.</param>
    /// <param name="spendAsync">Asked before each run of blocks, with its bytes in one copy: bounds the rate.</param>
    /// <returns>False when it did not come to the end: the group is not served here, or a member did not answer.</returns>
    public ValueTask<bool> ScrubAsync(GroupScrub findings, Func<long, ValueTask> spendAsync) =>
        State == GroupState.Active ? new ScrubRun(this, findings, spendAsync).RunAsync() : new ValueTask<bool>(false);

    private void NoteLost(ObjectId id, int block, ulong version) => (_lost ??= [])[(id, block)] = version;

    // The caller holds the range. A block that was lost and has been written since is as good as any.
    private async ValueTask<GroupResult> RefuseLostAsync(ObjectId id, int firstBlock, int blockCount)
    {
        for (var block = firstBlock; block < firstBlock + blockCount && _members.Length > 0; block++)
        {
            if (!_lost!.TryGetValue((id, block), out var version))
                continue;
            if (await DescribeBlockAsync(_members[0], id, block) is not { } present || present.Version < version)
                return new GroupResult(GroupStatus.Damaged, block);
            _lost.Remove((id, block));
        }

        return GroupResult.Ok;
    }

    /// <summary>
    /// One pass. The first look at a run of blocks is made without a lock: what looks equal and intact is. Only a run that
    /// does not is looked at again with the range held, so that no change in flight is taken for a difference.
    /// </summary>
    private sealed class ScrubRun(PlacementGroup group, GroupScrub findings, Func<long, ValueTask> spendAsync)
    {
        // Bounds how long a client waits behind a repair, and what a member reads at once: 256 KiB.
        private const int RunBlocks = 64;

        private readonly long _term = group._term;

        // Of the last look. What comes late must not be done under a newer one: another primary may have gone on meanwhile.
        private GroupStamp _stamp;
        private readonly BlockDescription[] _described = new BlockDescription[StoreUnits.BlocksPerObject];
        private readonly bool[] _hasData = new bool[StoreUnits.BlocksPerObject / RunBlocks];

        // By member and block of the run, as the last look found them.
        private readonly List<GroupMember> _members = [];
        private readonly List<BlockCheck[]> _checks = [];
        private readonly List<BlockCheck> _copies = [];

        private bool IsStopped => group.State != GroupState.Active || group._term != _term;

        public async ValueTask<bool> RunAsync()
        {
            var ids = new HashSet<ObjectId>();
            foreach (var member in group.Readable())
            {
                var held = await member.Replica.ListChangedSinceAsync(group._stamp, group._stamp.Groups, 0);
                if (held is null || IsStopped)
                    return false;
                ids.UnionWith(held.Where(summary => summary.PresentBlocks > 0).Select(summary => summary.Id));
            }

            findings.Objects = ids.Count;
            foreach (var id in ids.OrderBy(id => id.Space).ThenBy(id => id.Index))
            {
                if (!await CheckObjectAsync(id))
                    return false;
                findings.ObjectsDone++;
            }

            return !IsStopped;
        }

        // Only runs in which some member has, or may have, data.
        private async ValueTask<bool> CheckObjectAsync(ObjectId id)
        {
            Array.Clear(_hasData);
            foreach (var member in group.Readable())
            {
                var result = await member.Replica.DescribeAsync(group._stamp, id, 0, _described);
                if (!result.IsOk && result.Status != StoreStatus.Damaged)
                    return false;
                for (var block = 0; block < _described.Length; block++)
                    _hasData[block / RunBlocks] |= !result.IsOk || _described[block].IsPresent;
            }

            for (var run = 0; run < _hasData.Length; run++)
            {
                if (IsStopped)
                    return false;
                if (group._context.IsRemoved(id.Space))
                    return true;
                if (!_hasData[run])
                    continue;
                await spendAsync((long)RunBlocks * StoreUnits.BlockBytes);
                var enteredNs = await group._context.Pace.EnterAsync();
                var isDone = await CheckRunAsync(id, run * RunBlocks);
                group._context.Pace.Leave(enteredNs);
                if (!isDone)
                    return false;
            }

            return true;
        }

        private async ValueTask<bool> CheckRunAsync(ObjectId id, int first)
        {
            if (!await LookAsync(id, first))
                return false;
            findings.CopiesRead += _checks.Sum(checks => checks.Count(check => !check.IsIntact || check.Block.IsPresent));
            if (IsEqual())
                return true;
            var ticket = group._context.Locks.Enter(id.Space, AbsoluteBlock(id, first), RunBlocks, true);
            if (!ticket.IsGranted)
                await ticket.WaitAsync();
            var isDone = await RepairRunAsync(id, first);
            group._context.Locks.Leave(ticket);
            return isDone;
        }

        // A change of the configuration ends the stamp, and with it the look.
        private async ValueTask<bool> LookAsync(ObjectId id, int first)
        {
            while (!IsStopped)
            {
                _stamp = group._stamp;
                if (await LookOnceAsync(id, first))
                    return !IsStopped;
                if (_stamp.Epoch == group._stamp.Epoch)
                    return false;
            }

            return false;
        }

        // All members at once: the run takes as long as the slowest.
        private async ValueTask<bool> LookOnceAsync(ObjectId id, int first)
        {
            _members.Clear();
            _members.AddRange(group.Readable());
            _checks.Clear();
            var looks = new ValueTask<StoreResult>[_members.Count];
            for (var i = 0; i < looks.Length; i++)
            {
                _checks.Add(new BlockCheck[RunBlocks]);
                looks[i] = _members[i].Replica.VerifyAsync(_stamp, id, first, _checks[i]);
            }

            var isGood = looks.Length > 0;
            foreach (var look in looks)
                isGood &= (await look).IsOk;
            return isGood;
        }

        private bool IsEqual()
        {
            for (var at = 0; at < RunBlocks; at++)
            {
                if (Judge(at).Kind != VerdictKind.Equal)
                    return false;
            }

            return true;
        }

        private BlockVerdict Judge(int at)
        {
            _copies.Clear();
            foreach (var checks in _checks)
                _copies.Add(checks[at]);
            return BlockVerdict.Of(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_copies));
        }

        // The range is held.
        private async ValueTask<bool> RepairRunAsync(ObjectId id, int first)
        {
            if (group._context.IsRemoved(id.Space))
                return true;
            if (!await LookAsync(id, first))
                return false;
            if (!await IsCertainAsync())
                return false;
            var overwritten = new List<(GroupMember Member, int At)>();
            for (var at = 0; at < RunBlocks; at++)
            {
                var verdict = Judge(at);
                var damaged = _copies.Count(copy => !copy.IsIntact);
                findings.Damaged += damaged;
                if (verdict.Kind is VerdictKind.Lost or VerdictKind.Conflict)
                    NoteBad(id, first + at, verdict);
                if (verdict.Kind != VerdictKind.Repair)
                    continue;
                findings.Outdated += _copies.Count(copy => copy.IsIntact && BlockVerdict.IsWorse(copy, _copies[verdict.Source]));
                for (var i = 0; i < _members.Count; i++)
                {
                    if (BlockVerdict.IsWorse(_checks[i][at], _checks[verdict.Source][at]))
                        overwritten.Add((_members[i], at));
                }

                await RepairBlockAsync(id, first + at, verdict.Source, _checks[verdict.Source][at].Block);
            }

            return overwritten.Count == 0 || await ConfirmAsync(id, first, overwritten);
        }

        // A change that some members made and nobody acknowledged makes versions differ, too. Whether it took effect is decided
        // by peering or a resync, once the members that did not answer are out.
        private async ValueTask<bool> IsCertainAsync()
        {
            var newest = 0UL;
            for (var at = 0; at < RunBlocks; at++)
            {
                if (Judge(at).Kind == VerdictKind.Equal || _copies.TrueForAll(copy => copy.Block.Version == _copies[0].Block.Version))
                    continue;
                foreach (var copy in _copies)
                    newest = Math.Max(newest, copy.Block.Version);
            }

            if (newest > group._tracker.CleanVersion)
                await group._tracker.DrainAsync();
            return newest <= group._tracker.CleanVersion && !IsStopped;
        }

        private void NoteBad(ObjectId id, int block, BlockVerdict verdict)
        {
            findings.AddLost(id, block);

            // Somebody may hold an older state that can be read; what was acknowledged after it must not be forgotten.
            if (verdict.Kind == VerdictKind.Lost)
                group.NoteLost(id, block, verdict.Version);
        }

        // A repair counts once it can be read.
        private async ValueTask<bool> ConfirmAsync(ObjectId id, int first, List<(GroupMember Member, int At)> overwritten)
        {
            if (!await LookAsync(id, first))
                return false;
            foreach (var (member, at) in overwritten)
            {
                var i = _members.IndexOf(member);
                if (i >= 0 && (!_checks[i][at].IsIntact || Judge(at).Kind != VerdictKind.Equal))
                {
                    findings.AddLost(id, first + at);
                    continue;
                }

                findings.Repaired++;
                group._context.Counters.BlocksRepaired++;
            }

            return true;
        }

        private async ValueTask RepairBlockAsync(ObjectId id, int block, int source, BlockDescription good)
        {
            var buffer = group._context.Reactor.Buffers.Rent(StoreUnits.BlockBytes);
            var data = buffer.Slice(0, StoreUnits.BlockBytes);
            var isRead = !good.IsPresent
                || (await _members[source].Replica.ReadAsync(_stamp, id, block, data, StoreUnits.Head)).IsOk;
            for (var i = 0; isRead && i < _members.Count; i++)
            {
                if (BlockVerdict.IsWorse(_checks[i][block % RunBlocks], new BlockCheck(good, BlockCondition.Intact)))
                    await group.OverwriteAsync(_stamp, _members[i], id, block, data, good);
            }

            // Who catches up may have got what was wrong.
            foreach (var target in isRead ? group._targets : [])
            {
                if (!_members.Contains(target) && !target.IsFailed)
                    await group.OverwriteAsync(_stamp, target, id, block, data, good);
            }

            buffer.Release();
        }
    }
}
