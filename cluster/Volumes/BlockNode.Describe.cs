using Uss.Placement;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

// What is told of the cluster to people. Walks all groups: not for the data path.
public sealed partial class BlockNode
{
    /// <summary>Name of this node.</summary>
    public string Name => _options.NodeName;

    /// <summary>All nodes, by name, this one included.</summary>
    public IReadOnlyList<MemberNode> Nodes
    {
        get
        {
            var primaries = new Dictionary<string, int>(StringComparer.Ordinal);
            var inSync = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var group in _pools.Pools.SelectMany(pool => pool.Groups))
            {
                if (group.Record is not { } record)
                    continue;
                Count(primaries, NameOfNode(record.Primary));
                foreach (var node in record.InSync.Select(NameOfNode).Distinct(StringComparer.Ordinal))
                    Count(inSync, node);
            }

            var self = new MemberNode
            {
                Name = Name,
                Reach = NodeReach.Up,
                Address = _options.Cluster?.Listen.ToString() ?? "",
                Rack = SettingsOf(Name).Rack ?? _options.Cluster?.Rack ?? "rack",
                Site = SettingsOf(Name).Site ?? _options.Cluster?.Site ?? "site",
                PrimaryGroups = primaries.GetValueOrDefault(Name),
                InSyncGroups = inSync.GetValueOrDefault(Name),
            };
            return
            [
                .. (_peers?.All ?? []).Select(peer => new MemberNode
                {
                    Name = peer.Name,
                    Reach = ReachOf(peer),
                    IsSlow = _peers!.IsSlow(peer),
                    Refusal = peer.Refusal,
                    Address = peer.Record.Endpoint,
                    Rack = SettingsOf(peer.Name).Rack ?? peer.Record.Rack,
                    Site = SettingsOf(peer.Name).Site ?? peer.Record.Site,
                    PrimaryGroups = primaries.GetValueOrDefault(peer.Name),
                    InSyncGroups = inSync.GetValueOrDefault(peer.Name),
                }).Append(self).OrderBy(node => node.Name, StringComparer.Ordinal),
            ];
        }
    }

    /// <summary>The disks of the other nodes, by node and name.</summary>
    public IReadOnlyList<MemberDisk> RemoteDisks =>
    [
        .. _directory.All.Where(disk => !IsLocal(disk.Id)).Select(Describe)
            .OrderBy(disk => disk.Node, StringComparer.Ordinal).ThenBy(disk => disk.Name, StringComparer.Ordinal),
    ];

    /// <summary>Creates a pool. Faults: a name that is taken or cannot be, and the placement rule that fails.</summary>
    public ValueTask<Result<Pool>> CreatePoolAsync(PoolSpecification specification) => _pools.CreateAsync(specification);

    /// <summary>All disks of the cluster and where they stand, those that are away included.</summary>
    public Topology Topology => KnownTopology();

    /// <summary>Placement groups of a pool that serve with too few copies, and that do not serve.</summary>
    public (int Degraded, int Unavailable) HealthOf(Pool pool)
    {
        var (degraded, unavailable) = (0, 0);
        foreach (var (isServing, copies) in pool.Groups.Select(HealthOf))
        {
            if (!isServing)
                unavailable++;
            else if (copies < pool.Record.Copies)
                degraded++;
        }

        return (degraded, unavailable);
    }

    /// <summary>How much more may fail.</summary>
    public Redundancy Redundancy
    {
        get
        {
            var (fewest, spare, recovering) = (int.MaxValue, int.MaxValue, 0);
            foreach (var group in _pools.Pools.SelectMany(pool => pool.Groups))
            {
                var (isServing, copies) = HealthOf(group);
                if (isServing)
                    (fewest, spare) = (Math.Min(fewest, copies), Math.Min(spare, copies - group.MinimumCopies));
                if (InSyncOf(group) is { } inSync && group.Row.Any(disk => IsUsable(disk) && !inSync.Contains(disk)))
                    recovering++;
            }

            return fewest == int.MaxValue ? new Redundancy(0, 0, recovering) : new Redundancy(fewest, Math.Max(spare, 0), recovering);
        }
    }

    // A node that is alone knows its records only while it serves the group.
    private IEnumerable<Guid>? InSyncOf(PlacementGroup group) =>
        group.State == GroupState.Active ? group.InSync : _peers is null ? null : group.Record?.InSync;

    private MemberDisk Describe(DiskRecord disk)
    {
        var peer = _peers?.Find(disk.Node);
        var freeBytes = peer is { IsConnected: true } && peer.Disks.TryGetValue(disk.Id, out var known) ? known.RoomBytes : (long?)null;
        var percent = ResyncPercent(disk.Id);
        return new MemberDisk
        {
            Id = disk.Id,
            Name = disk.Name,
            Node = disk.Node,
            Reach = peer is null ? NodeReach.Silent : ReachOf(peer),
            State = freeBytes is null ? DiskState.Missing : percent < 100 ? DiskState.Resyncing : DiskState.Online,
            DataBytes = disk.DataBytes,
            UsedBytes = freeBytes is { } left ? Math.Clamp(disk.DataBytes - LocalReplica.KeptBytes(disk.DataBytes) - left, 0, disk.DataBytes) : null,
            ResyncPercent = percent,
        };
    }

    private string NameOfNode(Guid disk) => _directory.Find(disk)?.Node ?? "";

    /// <summary>How a node of the cluster is reached from this one; null when there is none of that name.</summary>
    public NodeReach? ReachOf(string node) => node == _options.NodeName ? NodeReach.Up
        : _peers?.Find(node) is { } peer ? ReachOf(peer)
        : null;

    private static NodeReach ReachOf(Peer peer) =>
        peer.IsConnected ? NodeReach.Up : peer.IsProvenDead ? NodeReach.Down : NodeReach.Silent;

    private static void Count(Dictionary<string, int> counts, string name) => counts[name] = counts.GetValueOrDefault(name) + 1;
}
