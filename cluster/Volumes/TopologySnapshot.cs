using Uss.Coordination;
using Uss.Placement;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

/// <summary>
/// What placement maps are computed from, as the coordination store has it. A commit under <see cref="Condition"/> is applied
/// only while none of it has changed.
/// </summary>
internal sealed record TopologySnapshot(
    long Version,
    long Revision,
    IReadOnlyDictionary<Guid, DiskRecord> Disks,
    IReadOnlyDictionary<string, NodeSettingsRecord> Settings,
    IReadOnlyDictionary<string, NodeRecord> Nodes)
{
    private static readonly NodeSettingsRecord _nothingSet = new();

    /// <summary>Holds while the topology is the one of this snapshot.</summary>
    public Condition Condition => new(TopologyRecord.Key, Revision);

    /// <summary>Raises the topology's number.</summary>
    public Change NextVersion => new(
        TopologyRecord.Key, CoordinationJson.Write(new TopologyRecord { Version = Version + 1 }, VolumesJson.Default.TopologyRecord));

    /// <summary>What is set for a node.</summary>
    public NodeSettingsRecord SettingsOf(string node) => Settings.GetValueOrDefault(node, _nothingSet);

    /// <summary>Reads everything. Null when the coordination store does not answer.</summary>
    public static async ValueTask<Result<TopologySnapshot>> ReadAsync(ICoordinationStore coordination)
    {
        // The number first: what is newer than it makes the condition fail, which is safe; older things cannot be read after it.
        var number = await coordination.GetAsync(TopologyRecord.Key);
        var disks = await coordination.ListAsync(DiskRecord.Prefix);
        var settings = await coordination.ListAsync(NodeSettingsRecord.Prefix);
        var nodes = await coordination.ListAsync(NodeRecord.Prefix);
        if (!number.IsAvailable || !disks.IsAvailable || !settings.IsAvailable || !nodes.IsAvailable)
            return CoordinationFaults.Unavailable;
        Result<TopologyRecord> record = number.Entries.Count == 0
            ? new TopologyRecord()
            : CoordinationJson.Read(TopologyRecord.Key, number.Entries[0].Value, VolumesJson.Default.TopologyRecord);
        if (!record.IsOk)
            return record.Fault;
        var readDisks = CoordinationJson.ReadAll(disks, DiskRecord.Prefix, VolumesJson.Default.DiskRecord);
        var readSettings = CoordinationJson.ReadAll(settings, NodeSettingsRecord.Prefix, VolumesJson.Default.NodeSettingsRecord);
        var readNodes = CoordinationJson.ReadAll(nodes, NodeRecord.Prefix, ReplicationJson.Default.NodeRecord);
        if (!readDisks.IsOk)
            return readDisks.Fault;
        if (!readSettings.IsOk)
            return readSettings.Fault;
        if (!readNodes.IsOk)
            return readNodes.Fault;
        return new TopologySnapshot(
            record.Value.Version,
            number.Entries.Count == 0 ? 0 : number.Entries[0].ModifiedRevision,
            readDisks.Value.Values.ToDictionary(disk => disk.Id),
            readSettings.Value,
            readNodes.Value);
    }

    /// <summary>Where the disks stand and what they may be given.</summary>
    public Topology ToTopology() => new(Disks.Values.Select(disk =>
        ToDisk(disk, SettingsOf(disk.Node), Nodes.GetValueOrDefault(disk.Node)?.Rack, Nodes.GetValueOrDefault(disk.Node)?.Site)));

    /// <summary>A disk as the solver takes it.</summary>
    /// <param name="disk">Its record.</param>
    /// <param name="settings">What is set for its node.</param>
    /// <param name="rack">The rack that its node told of itself.</param>
    /// <param name="site">The site that its node told of itself.</param>
    public static TopologyDisk ToDisk(DiskRecord disk, NodeSettingsRecord? settings, string? rack, string? site) => new()
    {
        Id = disk.Id,
        WeightBytes = disk.DataBytes,
        Node = disk.Node,
        Rack = settings?.Rack ?? rack ?? "rack",
        Site = settings?.Site ?? site ?? "site",
        Class = disk.Class ?? TopologyRules.AnyClass,
        State = disk.IsDraining || settings is { IsDraining: true } ? Placement.DiskState.Draining : Placement.DiskState.Normal,
    };
}
