using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

// The node among others: where disks are, who may become primary, what happens when a peer comes and goes.
public sealed partial class BlockNode
{
    private const long TakeoverStepNs = 400_000_000;

    private readonly Dictionary<Guid, RemoteReplica> _remoteReplicas = [];
    private readonly Dictionary<PlacementGroupId, uint> _awaitedTakeovers = [];
    private List<LocalReplica> _localDisks = [];

    /// <summary>The other node that a disk is attached to; null for this node and for a disk that is not known.</summary>
    internal Peer? NodeOf(Guid disk) => _peers is not null && _directory.Find(disk) is { } record ? _peers.Find(record.Node) : null;

    internal bool IsLocal(Guid disk) => _peers is null || _directory.Find(disk)?.Node == _options.NodeName;

    private async ValueTask<Fault?> StartPeersAsync() => _peers is null ? null : await _peers.StartAsync();

    // Disks that others may use.
    private void UpdateLocalDisks() => _localDisks = [.. _disks.Where(disk => disk.IsUsable).Select(disk => disk.Replica!)];

    private RemoteReplica? FindRemote(Guid disk)
    {
        if (NodeOf(disk) is not { IsConnected: true } peer || !peer.Disks.ContainsKey(disk))
            return null;
        if (!_remoteReplicas.TryGetValue(disk, out var replica) || replica.Peer != peer)
            _remoteReplicas[disk] = replica = new RemoteReplica(peer, disk, _reactor);
        return replica;
    }

    private void OnPeerChanged(Peer peer)
    {
        foreach (var disk in _directory.All.Where(disk => disk.Node == peer.Name).Select(disk => disk.Id).ToList())
        {
            if (IsUsable(disk))
            {
                // It is back: what was put off because of it need not wait any longer.
                foreach (var key in _notBeforeNs.Keys.Where(key => key.Disk == disk).ToList())
                    _notBeforeNs.Remove(key);
                continue;
            }

            foreach (var group in _pools.Pools.SelectMany(pool => pool.Groups))
                group.LoseDisk(disk);
        }

        _context.RaiseChange();
        Kick();
    }

    /// <summary>Pools, maps or records of groups changed: there may be something to do.</summary>
    internal void OnPoolsChanged()
    {
        LookForStraysSoon();
        Kick();
    }

    // Whether a group serves somewhere, and with how many copies, as far as this node knows.
    internal (bool IsServing, int Copies) HealthOf(PlacementGroup group)
    {
        if (group.State == GroupState.Active)
            return (true, group.InSync.Count());
        if (group.State != GroupState.Follower || group.Record is not { } record)
            return (false, 0);

        // The primary's node may be there, and wait for the others as this one does.
        var usable = record.InSync.Count(IsUsable);
        return (NodeOf(record.Primary) is { IsConnected: true } && usable >= group.MinimumCopies, usable);
    }

    // A disk of this node under which the group can be started now, or null.
    private Guid? StartableBy(PlacementGroup group)
    {
        if (group.State is GroupState.Active or GroupState.Closed)
            return null;
        if (group.Record is not { } record)
            return FirstStartBy(group);
        if (_peers is not null && !IsLocal(record.Primary) && !IsFree(record.Primary))
            return null;

        // It may be this node that does not hear the primary in time.
        if (_peers is { IsSelfSlow: true } && NodeOf(record.Primary) is { IsConnected: true })
            return null;
        var mine = ReadyMemberOf(group, record);
        var candidates = _peers is null ? record.InSync : record.InSync.Union(group.Row);
        if (mine == default || candidates.Count(IsUsable) < group.MinimumCopies)
            return null;
        if (_peers is null)
            return mine;
        var isMyTurn = IsLocal(record.Primary)
            ? record.InSync.All(disk => IsUsable(disk) || IsGivenUp(disk))
            : IsMyTurn(group, record, mine);
        return isMyTurn ? mine : null;
    }

    private bool IsFree(Guid primary) => NodeOf(primary) is { } peer && MayReplace(peer);

    private bool MayReplace(Peer peer) => IsGivenUp(peer) && _peers!.MayReplace(peer);

    private Guid ReadyMemberOf(PlacementGroup group, GroupRecord record) =>
        record.InSync.FirstOrDefault(disk => IsLocal(disk) && IsReady(group, disk));

    // Nobody has begun yet: that is for the node of the disk that the map prefers.
    private Guid? FirstStartBy(PlacementGroup group)
    {
        if (_peers is null || group.Row.Count == 0 || !IsLocal(group.Row[0]) || !IsReady(group, group.Row[0]))
            return null;
        var usable = group.Row.Count(IsUsable);
        return usable == group.Row.Count || (_peers.IsPatienceOver && usable >= group.MinimumCopies) ? group.Row[0] : null;
    }

    // Nodes that start together wait for each other; one that was here and is gone is not waited for.
    private bool IsGivenUp(Guid disk) => NodeOf(disk) is not { } peer || IsGivenUp(peer);

    private bool IsGivenUp(Peer peer) => peer.WasConnected || _peers!.IsPatienceOver;

    // The members that are left propose themselves one after the other, so that they do not meet.
    private bool IsMyTurn(PlacementGroup group, GroupRecord record, Guid mine)
    {
        var primary = NodeOf(record.Primary);
        var order = group.Row.Concat(record.InSync).Distinct().ToList();
        var heirs = record.InSync.Where(disk => NodeOf(disk) != primary).OrderBy(order.IndexOf).ToList();
        var place = heirs.IndexOf(mine);
        if (place <= 0 || _awaitedTakeovers.GetValueOrDefault(group.Id) == record.Epoch)
            return true;
        _awaitedTakeovers[group.Id] = record.Epoch;
        Postpone(group, mine, place * TakeoverStepNs);
        return false;
    }

    // Starts a group here under the record as it is now: as its primary, or in the place of one that is gone.
    private async ValueTask StartInClusterAsync(Pool pool, PlacementGroup group, Guid mine)
    {
        var read = await _context.ReadRecordAsync(group.Id);
        if (!read.IsAvailable)
        {
            Postpone(group, mine, RetryAfterOutageNs);
            return;
        }

        var entry = read.Entries.Count == 0 ? null : read.Entries[0];
        GroupRecord? record = null;
        if (entry is not null)
        {
            var parsed = CoordinationJson.Read(entry.Key, entry.Value, ReplicationJson.Default.GroupRecord);
            if (!parsed.IsOk)
                return;
            record = parsed.Value;
            group.Observe(record);
        }

        // While the record was read, things may have changed.
        if (StartableBy(group) is null)
            return;
        var replaced = record is null ? null : NodeOf(record.Primary);
        if (replaced is not null)
            PeerTable.BeginTakeover(replaced);
        var online = pool.RowOf(group.Id.Index).Concat(record?.InSync ?? []).Distinct()
            .Where(disk => IsUsable(disk) && (replaced is null || NodeOf(disk) != replaced)).ToList();

        // One that is slow is done without where that is possible.
        var prompt = online.Where(disk => !IsSlow(disk)).ToList();
        if (prompt.Count >= group.MinimumCopies && prompt.Contains(mine))
            online = prompt;
        var isShort = record is not null && record.InSync.Count(online.Contains) < group.MinimumCopies;

        // As soon as that is known, not only when the group serves.
        void EndTakeover()
        {
            if (replaced is not null)
                PeerTable.EndTakeover(replaced, group.Revision);
            replaced = null;
            _peers!.NoteStart(group.Revision);
        }

        bool IsBack() => record!.InSync.Count(disk => IsUsable(disk) && !IsSlow(disk)) >= group.MinimumCopies;
        await group.StartAsync(
            record,
            entry?.ModifiedRevision ?? 0,
            CleanVersionOf(group.Id),
            [.. online.Select(FindReplica).OfType<IReplica>()],
            EndTakeover,
            IsBack);
        EndTakeover();
        if (group.State == GroupState.Unavailable)
            Postpone(group, mine, isShort ? RetryAfterSubstitutionNs : RetryAfterOutageNs);
    }

    private bool IsSlow(Guid disk) => NodeOf(disk) is { } peer && _peers!.IsSlow(peer);

    private const long RetryAfterSubstitutionNs = 1_000_000_000;
    private const long RetryAfterOutageNs = 200_000_000;

    private sealed class ClusterView(BlockNode node) : IGroupCluster, INodeContent
    {
        // Asked for every request, so that it is not put together each time.
        public IReadOnlyList<LocalReplica> LocalDisks => node._isClosing ? [] : node._localDisks;

        public long AppliedRevision => node._pools.AppliedRevision;

        public Peer? NodeOf(Guid disk) => node.NodeOf(disk);

        public bool IsLocal(Guid disk) => node.IsLocal(disk);

        public bool IsRemoved(ulong space) => node._removedSpaces.Contains(space);

        public void NoteStray(PlacementGroup group, ulong diskKey) => node.NoteStray(group, diskKey);

        public ValueTask<bool> CallOwnerAsync(ulong space, ReadOnlyMemory<byte> request, OwnerAnswer answer) =>
            node.ServeOwnerCallAsync(space, request, answer);

        public PlacementGroup? FindGroup(ObjectId id) => node._removedSpaces.Contains(id.Space) ? null : node.FindGroup(id);
    }
}
