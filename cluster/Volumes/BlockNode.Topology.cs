using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

// What operators decide about disks and nodes: it is committed, all nodes hear of it, and the maps follow.
public sealed partial class BlockNode
{
    // Whoever was asked computes the maps at once; the others do when that has not happened for so long, each a step later.
    private const long MapPatienceNs = 1_000_000_000;

    private readonly TopologyDirectory _topology;
    private long _behindSinceNs;
    private bool _isCatchingUp;

    /// <summary>What operators set for a node.</summary>
    public NodeSettingsRecord SettingsOf(string node) => _topology.SettingsOf(node) ?? new NodeSettingsRecord();

    /// <summary>True for a disk that is to give up what it holds, by itself or with its node.</summary>
    public bool IsDraining(Guid disk) =>
        _directory.Find(disk) is { } record && (record.IsDraining || SettingsOf(record.Node).IsDraining);

    /// <summary>Device class of a disk; null for none in particular.</summary>
    public string? ClassOf(Guid disk) => _directory.Find(disk)?.Class;

    internal long TopologyVersion => _topology.Version;

    /// <summary>Has the disks of a node give up what they hold, or take their share again.</summary>
    /// <returns>Null when that is settled; data moves in the background.</returns>
    public ValueTask<Fault?> DrainNodeAsync(string node, bool isDraining) =>
        SetNodeAsync(node, settings => settings with { IsDraining = isDraining });

    /// <summary>Has other nodes' disks be primaries in place of a node's, as far as they can be, or ends that.</summary>
    /// <returns>Null when that is settled; primaries move in the background.</returns>
    public ValueTask<Fault?> SetMaintenanceAsync(string node, bool isOn) =>
        SetNodeAsync(node, settings => settings with { IsInMaintenance = isOn });

    /// <summary>Has a disk give up what it holds, or take its share again.</summary>
    /// <returns>Null when that is settled; data moves in the background.</returns>
    public ValueTask<Fault?> DrainDiskAsync(Guid disk, bool isDraining) => ChangeTopologyAsync(topology =>
    {
        if (!topology.Disks.TryGetValue(disk, out var record))
            return NoDisk(disk);
        return record.IsDraining == isDraining ? Changes() : Changes(Put(record with { IsDraining = isDraining }));
    });

    /// <summary>
    /// Copies of groups on each disk: those that are in sync, catch up or are wanted there. A disk that is not named has none. A
    /// node that is alone knows its groups' records while it serves them.
    /// </summary>
    public IReadOnlyDictionary<Guid, int> CopiesByDisk()
    {
        var copies = new Dictionary<Guid, int>();
        foreach (var group in _pools.Pools.SelectMany(pool => pool.Groups))
        {
            var held = group.Row.Concat(InSyncOf(group) ?? []);
            foreach (var disk in (group.Joining is { } joiner ? held.Append(joiner) : held).Distinct())
                copies[disk] = copies.GetValueOrDefault(disk) + 1;
        }

        return copies;
    }

    /// <summary>The disks that hold every acknowledged write of a group, and those of them that can be reached and work.</summary>
    public (IReadOnlyList<Guid> InSync, IReadOnlyList<Guid> Usable) CopiesOf(PlacementGroup group)
    {
        var inSync = (InSyncOf(group) ?? []).ToList();
        return (inSync, inSync.FindAll(IsUsable));
    }

    /// <summary>A map's row with the disks of nodes in maintenance last: the first one is wanted as primary.</summary>
    internal IReadOnlyList<Guid> InOrder(IReadOnlyList<Guid> row)
    {
        if (!_topology.IsMaintenanceAnywhere || !row.Any(IsInMaintenance))
            return row;
        return [.. row.OrderBy(IsInMaintenance)];
    }

    private bool IsInMaintenance(Guid disk) =>
        _directory.Find(disk) is { } record && _topology.SettingsOf(record.Node) is { IsInMaintenance: true };

    private ValueTask<Fault?> SetNodeAsync(string node, Func<NodeSettingsRecord, NodeSettingsRecord> change) =>
        ChangeTopologyAsync(topology => Decide(topology, node, change));

    private Result<IReadOnlyList<Change>> Decide(
        TopologySnapshot topology, string node, Func<NodeSettingsRecord, NodeSettingsRecord> change)
    {
        if (node != Name && !topology.Nodes.ContainsKey(node))
            return NoNode(node);
        var present = topology.SettingsOf(node);
        var wanted = change(present);
        if (wanted == present)
            return Changes();
        return Changes(Put(node, wanted));
    }

    // Commits a change of the topology, then computes the maps for it. When this node dies in between, the others do.
    private async ValueTask<Fault?> ChangeTopologyAsync(Func<TopologySnapshot, Result<IReadOnlyList<Change>>> decide)
    {
        var fault = await CommitTopologyAsync(decide, []);
        return fault ?? await _pools.RebalanceAsync();
    }

    private async ValueTask<Fault?> CommitTopologyAsync(
        Func<TopologySnapshot, Result<IReadOnlyList<Change>>> decide, IReadOnlyList<Condition> conditions)
    {
        while (true)
        {
            var topology = await TopologySnapshot.ReadAsync(_coordination);
            if (!topology.IsOk)
                return topology.Fault;
            var changes = decide(topology.Value);
            if (!changes.IsOk)
                return changes.Fault;
            if (changes.Value.Count == 0)
                return null;
            var all = changes.Value.Append(topology.Value.NextVersion).ToList();
            var commit = await _coordination.CommitAsync([topology.Value.Condition, .. conditions], all);
            if (commit.Status == CommitStatus.Unknown)
                return CoordinationFaults.Unavailable;
            if (commit.Status == CommitStatus.Applied)
            {
                foreach (var change in all)
                {
                    _topology.Apply(change);
                    _directory.Apply(change);
                }

                OnTopologyChanged();
                return null;
            }

            // Of the topology alone: it is read again. Of something else: that is for the caller to look at again.
            if (conditions.Count > 0)
                return TopologyMoved;
        }
    }

    private static Fault TopologyMoved { get; } = new("topology-conflict", "The cluster changed at the same time.", "Try again.");

    private void OnTopologyChanged()
    {
        _pools.PlaceGroups();
        _context.RaiseChange();
        if (_isBackgroundRunning && !_isClosing)
            Announce(new NodeEvent(NodeEventKind.HealthChanged, ""));
        Kick();
    }

    // A map that nobody computed for the topology as it is now: the node that was asked has died, or cannot reach the store.
    private void LookAtMaps()
    {
        if (_isCatchingUp || !(_pools.IsBehind(_topology.Version) || _pools.WantsSplit(_topology.Version)))
        {
            _behindSinceNs = 0;
            return;
        }

        if (_behindSinceNs == 0)
            _behindSinceNs = _reactor.MonotonicNs;
        var place = 1 + (_peers?.All.Count(peer => peer.IsConnected && string.CompareOrdinal(peer.Name, Name) < 0) ?? 0);
        if (_reactor.MonotonicNs - _behindSinceNs < place * MapPatienceNs)
            return;
        _isCatchingUp = true;
        _reactor.Spawn(CatchUpAsync());
    }

    private async ValueTask CatchUpAsync()
    {
        await _pools.RebalanceAsync();
        _isCatchingUp = false;
        _behindSinceNs = 0;
    }

    private static Result<IReadOnlyList<Change>> Changes(params Change[] changes) => changes;

    private static Change Put(DiskRecord record) =>
        new(DiskRecord.KeyOf(record.Id), CoordinationJson.Write(record, VolumesJson.Default.DiskRecord));

    private static Change Put(string node, NodeSettingsRecord settings) => new(
        NodeSettingsRecord.KeyOf(node),
        settings == new NodeSettingsRecord() ? (ReadOnlyMemory<byte>?)null : CoordinationJson.Write(settings, VolumesJson.Default.NodeSettingsRecord));

    private static Fault NoDisk(Guid disk) => new("disk-not-found", $"There is no disk {disk}.", "List the disks with `uss disk ls`.");

    private static Fault NoNode(string node) => new("node-not-found", $"There is no node '{node}'.", "List the nodes with `uss node ls`.");
}
