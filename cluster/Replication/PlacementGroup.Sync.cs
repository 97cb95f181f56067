using Uss.Store;

namespace Uss.Replication;

/// <summary>How making a member equal to the primary ended.</summary>
internal enum SyncOutcome
{
    /// <summary>The member holds what the primary holds.</summary>
    Equal,

    /// <summary>The member did not answer or refused a change.</summary>
    MemberFailed,

    /// <summary>The primary did not answer or refused a change.</summary>
    SourceFailed,

    /// <summary>Some blocks that the member lacks can be read from no copy.</summary>
    SourceDamaged,
}

public sealed partial class PlacementGroup
{
    // True when the member knows of every object that was changed or discarded above the version.
    private bool CanName(GroupMember member, ulong sinceVersion) =>
        Record!.Joined.All(joined => joined.Disk != member.DiskId || joined.CleanVersion <= sinceVersion);

    /// <summary>
    /// Makes a member equal to the primary: compares versions of the objects that changed on either side and copies the
    /// blocks that differ. The primary decides; what the member holds beyond it was never acknowledged and is overwritten
    /// under a newer version.
    /// </summary>
    private sealed partial class MemberSync(PlacementGroup group, GroupMember member, bool isPeering)
    {
        // So that equal runs are equal and disks read forward.
        private static readonly Comparer<ObjectId> _inAddressOrder =
            Comparer<ObjectId>.Create((a, b) => (a.Space, a.Index).CompareTo((b.Space, b.Index)));

        /// <summary>Objects with blocks that peering gave a newer version, on the primary and this member.</summary>
        public SortedSet<ObjectId> Renewed { get; } = new(_inAddressOrder);

        // Bounds how long a client waits for the range lock behind a copy: 256 KiB.
        private const int MaximumRunBlocks = 64;

        private readonly GroupMember _source = group._members[0];
        private readonly BlockDescription[] _sourceBlocks = new BlockDescription[StoreUnits.BlocksPerObject];
        private readonly BlockDescription[] _memberBlocks = new BlockDescription[StoreUnits.BlocksPerObject];
        private readonly List<ObjectId> _unreadable = [];

        /// <summary>Ends it early when it is not needed any more.</summary>
        public Func<bool>? MustStop { get; init; }

        private bool IsStopped =>
            MustStop?.Invoke() == true
            || member.IsFailed
            || member.Role == MemberRole.Gone
            || group.State is GroupState.Closed or GroupState.Unavailable or GroupState.Follower;

        /// <summary>Compares all objects that changed after a version on the primary or on the member.</summary>
        public async ValueTask<SyncOutcome> RunAsync(ulong sinceVersion)
        {
            var ids = new SortedSet<ObjectId>(_inAddressOrder);
            if (!group.CanName(_source, sinceVersion))
            {
                // Of what was discarded meanwhile the primary knows nothing. A member that was there does; else all is compared.
                var witness = group.Readable().FirstOrDefault(other => group.CanName(other, sinceVersion));
                if (witness is null || !await AddChangedAsync(ids, witness, sinceVersion))
                    sinceVersion = 0;
            }

            if (!await AddChangedAsync(ids, _source, sinceVersion))
                return SyncOutcome.SourceFailed;
            return await AddChangedAsync(ids, member, sinceVersion) ? await RunAsync(ids) : SyncOutcome.MemberFailed;
        }

        private async ValueTask<bool> AddChangedAsync(SortedSet<ObjectId> ids, GroupMember holder, ulong sinceVersion)
        {
            var changed = await holder.Replica.ListChangedSinceAsync(group._stamp, group._stamp.Groups, sinceVersion);
            ids.UnionWith(changed?.Select(summary => summary.Id) ?? []);
            return changed is not null;
        }

        /// <summary>Compares these objects.</summary>
        public async ValueTask<SyncOutcome> RunAsync(IReadOnlyCollection<ObjectId> ids)
        {
            member.ObjectsToCompare = ids.Count;
            member.ObjectsCompared = 0;
            foreach (var id in ids)
            {
                var outcome = IsStopped ? SyncOutcome.MemberFailed : await SyncObjectAsync(id);
                if (outcome is SyncOutcome.MemberFailed or SyncOutcome.SourceFailed)
                    return outcome;
                member.ObjectsCompared++;
                group._context.Counters.ObjectsCompared++;
            }

            group._unreadable = _unreadable;
            return _unreadable.Count == 0 ? SyncOutcome.Equal : SyncOutcome.SourceDamaged;
        }

        // A first look without a lock finds what may differ: a block that looks equal here is equal, since both members
        // get every change by now. Each run is looked at again under its lock.
        private async ValueTask<SyncOutcome> SyncObjectAsync(ObjectId id)
        {
            if (group._context.IsRemoved(id.Space))
                return SyncOutcome.Equal;
            var outcome = await DescribeAsync(id, 0, StoreUnits.BlocksPerObject);
            if (outcome == SyncOutcome.SourceDamaged)
                NoteUnreadable(id);
            if (outcome != SyncOutcome.Equal)
                return outcome;
            var runs = FindRuns();
            foreach (var (first, count) in runs)
            {
                // Peering is what clients wait for; all else waits for them.
                var enteredNs = isPeering ? 0 : await group._context.Pace.EnterAsync();

                // While peering nothing is served, and whoever waits for that holds his range already.
                var ticket = isPeering ? null : group._context.Locks.Enter(id.Space, AbsoluteBlock(id, first), count, true);
                if (ticket is { IsGranted: false })
                    await ticket.WaitAsync();
                outcome = IsStopped || group._context.IsRemoved(id.Space) ? SyncOutcome.MemberFailed : await SyncRunAsync(id, first, count);
                if (ticket is not null)
                    group._context.Locks.Leave(ticket);
                if (!isPeering)
                    group._context.Pace.Leave(enteredNs);
                if (group._context.IsRemoved(id.Space))
                    return SyncOutcome.Equal;
                if (outcome is SyncOutcome.MemberFailed or SyncOutcome.SourceFailed)
                    return outcome;
            }

            return SyncOutcome.Equal;
        }

        private async ValueTask<SyncOutcome> DescribeAsync(ObjectId id, int first, int count)
        {
            // The member first: a change between the two looks makes the member look older, never equal by mistake.
            var there = await member.Replica.DescribeAsync(group._stamp, id, first, _memberBlocks.AsMemory(first, count));

            // A member that lost its map of the object gets all of it.
            if (there.Status == StoreStatus.Damaged)
                _memberBlocks.AsSpan(first, count).Fill(new BlockDescription(0, 0, IsPresent: true));
            else if (!there.IsOk)
                return SyncOutcome.MemberFailed;
            var here = await _source.Replica.DescribeAsync(group._stamp, id, first, _sourceBlocks.AsMemory(first, count));
            return here.Status switch
            {
                StoreStatus.Ok => SyncOutcome.Equal,
                StoreStatus.Damaged => SyncOutcome.SourceDamaged,
                _ => SyncOutcome.SourceFailed,
            };
        }

        private bool Differs(int block)
        {
            var here = _sourceBlocks[block];
            var there = _memberBlocks[block];
            return (here.IsPresent || there.IsPresent) && here != there;
        }

        private List<(int First, int Count)> FindRuns()
        {
            var runs = new List<(int First, int Count)>();
            for (var block = 0; block < StoreUnits.BlocksPerObject; block++)
            {
                if (!Differs(block))
                    continue;
                if (runs.Count > 0 && runs[^1].First + runs[^1].Count == block && runs[^1].Count < MaximumRunBlocks)
                    runs[^1] = (runs[^1].First, runs[^1].Count + 1);
                else
                    runs.Add((block, 1));
            }

            return runs;
        }

        private void NoteUnreadable(ObjectId id)
        {
            if (_unreadable.Count == 0 || _unreadable[^1] != id)
                _unreadable.Add(id);
        }
    }
}
