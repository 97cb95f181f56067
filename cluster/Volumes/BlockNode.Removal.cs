using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

// Taking disks and nodes out of the records. The invariant: a disk has a record as long as a map's row or a group's in-sync set
// names it. Whoever removes one looks at all of them, and the commit holds only while the topology and the maps are what they
// were and no pool was made meanwhile (each changes the counters); the groups' records too, as far as one commit takes so many
// conditions. Beyond that, a group can take in a removed disk only when its primary has not heard of a map that is older than the
// removal; it drops the disk when it hears.
public sealed partial class BlockNode
{
    private const int RemovalAttempts = 16;
    private const long AskAgainNs = 200_000_000;

    /// <summary>Removes a disk's record. Faults: no such disk, a copy on it or a map that wants one there.</summary>
    public ValueTask<Fault?> RemoveDiskAsync(Guid disk) =>
        RemoveAsync(topology => topology.Disks.TryGetValue(disk, out var record) ? new List<DiskRecord> { record } : NoDisk(disk), null);

    /// <summary>Removes the records of a node and of its disks. Faults: as for each disk; no such node.</summary>
    public ValueTask<Fault?> RemoveNodeAsync(string node) => RemoveAsync(
        topology => topology.Nodes.ContainsKey(node)
            ? topology.Disks.Values.Where(disk => disk.Node == node).ToList()
            : NoNode(node),
        node);

    /// <summary>
    /// True once this node has heard that it was taken out of the cluster. <see cref="NodeEventKind.SelfRemoved"/> may have been
    /// announced before anybody listened.
    /// </summary>
    public bool IsRemoved { get; private set; }

    private void OnSelfMissing()
    {
        if (!_isClosing)
            _reactor.Spawn(LookForRemovalAsync());
    }

    // A store that has lost its state says nothing about this node; one that notes the removal does.
    private async ValueTask LookForRemovalAsync()
    {
        var note = await GetUntilAnsweredAsync(NodeRecord.RemovedKeyOf(Name));
        IsRemoved = note.Entries.Count > 0;
        if (IsRemoved && !_isClosing)
            Announce(new NodeEvent(NodeEventKind.SelfRemoved, Name));
    }

    // What a watch tells is told once, so a store that does not answer is asked again until it does or this node closes.
    private async ValueTask<CoordinationRead> GetUntilAnsweredAsync(string key)
    {
        while (true)
        {
            var read = await _coordination.GetAsync(key);
            if (read.IsAvailable || _isClosing)
                return read;
            await _reactor.DelayAsync(AskAgainNs);
        }
    }

    private async ValueTask<Fault?> RemoveAsync(Func<TopologySnapshot, Result<List<DiskRecord>>> choose, string? node)
    {
        var fault = TopologyMoved;
        for (var attempt = 0; attempt < RemovalAttempts && fault == TopologyMoved; attempt++)
        {
            // The counters first: a pool that is made after that is not among the maps, perhaps.
            var counters = await _coordination.GetAsync(CountersRecord.Key);
            var maps = await _coordination.ListAsync(MapRecord.Prefix);
            var groups = await _coordination.ListAsync(GroupRecord.Prefix);
            if (!counters.IsAvailable || !maps.IsAvailable || !groups.IsAvailable)
                return CoordinationFaults.Unavailable;

            // Beside that of the topology.
            var conditions = maps.Entries.Concat(groups.Entries)
                .Select(entry => new Condition(entry.Key, entry.ModifiedRevision))
                .Prepend(new Condition(CountersRecord.Key, Uss.Volumes.Counters.RevisionOf(counters)))
                .Take(CommitLimits.MaximumOperations - 1).ToList();
            fault = await CommitTopologyAsync(
                topology =>
                {
                    var chosen = choose(topology);
                    if (!chosen.IsOk)
                        return chosen.Fault;
                    var gone = chosen.Value.Select(disk => disk.Id).ToHashSet();
                    if (FindUse(gone, maps, groups) is { } used)
                        return used;
                    var changes = gone.Select(disk => new Change(DiskRecord.KeyOf(disk), null)).ToList();
                    if (node is not null)
                    {
                        changes.Add(new Change(NodeRecord.KeyOf(node), null));
                        changes.Add(new Change(NodeSettingsRecord.KeyOf(node), null));
                        changes.Add(new Change(ProgressRecord.Prefix + node, null));
                        changes.Add(new Change(UsageRecord.KeyOf(node), null));

                        // Its machine is told when it comes back.
                        changes.Add(new Change(NodeRecord.MemberKeyOf(node), null));
                        changes.Add(new Change(NodeRecord.RemovedKeyOf(node), "{}"u8.ToArray()));
                    }

                    return changes;
                },
                conditions);
        }

        if (fault is null && _peers is null)
            await ReviewDisksAsync();
        return fault;
    }

    // What still names one of the disks; null when nothing does.
    private Fault? FindUse(HashSet<Guid> disks, CoordinationRead maps, CoordinationRead groups)
    {
        var wanted = 0;
        foreach (var entry in maps.Entries)
        {
            var map = CoordinationJson.Read(entry.Key, entry.Value, ReplicationJson.Default.MapRecord);
            if (!map.IsOk)
                return map.Fault;
            wanted += map.Value.ToMap().Rows.Sum(row => row.Count(disks.Contains));
        }

        var held = 0;
        var pools = maps.Entries.Select(entry => PoolRecord.IdOf(entry.Key)).ToHashSet();
        foreach (var entry in groups.Entries.Where(entry => GroupRecord.IdOf(entry.Key) is { } id && pools.Contains(id.Pool)))
        {
            var group = CoordinationJson.Read(entry.Key, entry.Value, ReplicationJson.Default.GroupRecord);
            if (!group.IsOk)
                return group.Fault;
            held += group.Value.InSync.Any(disks.Contains) ? 1 : 0;
        }

        if (wanted == 0 && held == 0)
            return null;
        var draining = disks.Count(IsDraining);
        return new Fault(
            "copies-in-use",
            $"{Math.Max(wanted, held)} placement groups have a copy there or want one there.",
            draining == disks.Count
                ? "Wait until it is empty; `uss node ls` and `uss disk ls` show what is left."
                : "Drain it first: `uss node drain NODE` or `uss disk rm DISK`.");
    }
}
