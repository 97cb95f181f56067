using Uss.Volumes;
using Uss.WebUi.Contracts;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>The cluster as the application services see it.</summary>
internal static class ClusterViews
{
    /// <summary>Nodes, and how the placement groups are. On the reactor.</summary>
    /// <param name="block">The block layer.</param>
    /// <param name="disks">The disks of all nodes as the API shows them.</param>
    public static NodeCluster Of(BlockNode block, IReadOnlyList<DiskView> disks)
    {
        var (status, redundancy) = (block.Status, block.Redundancy);
        return new NodeCluster
        {
            IsAlone = block.Peers is null,
            IsEncrypting = block.Peers is { IsEncrypting: true },
            Nodes = [.. block.Nodes.Select(node => Of(node, block, disks))],
            Groups = status.Groups,
            HealthyGroups = status.HealthyGroups,
            DegradedGroups = status.DegradedGroups,
            UnavailableGroups = status.UnavailableGroups,
            RecoveringGroups = redundancy.RecoveringGroups,
            BlocksResynced = status.Counters.BlocksResynced,
            FewestCopies = redundancy.FewestCopies,
            FewestSpare = redundancy.FewestSpare,
        };
    }

    private static NodeView Of(MemberNode node, BlockNode block, IReadOnlyList<DiskView> disks)
    {
        var own = disks.Where(disk => (disk.Node ?? block.Name) == node.Name).ToList();
        var used = own.Where(disk => disk.UsedBytes is not null).ToList();
        return new NodeView
        {
            Name = node.Name,
            State = node.Reach switch
            {
                NodeReach.Up => node.IsSlow ? "slow" : "up",
                _ when node.Refusal is not null => "refused",
                NodeReach.Down => "down",
                _ => "silent",
            },
            Refusal = node.Refusal is { } fault ? new ProblemItem(fault.Code, fault.Message, fault.Remedy) : null,
            Mode = block.SettingsOf(node.Name) switch
            {
                { IsInMaintenance: true } => "maintenance",
                { IsDraining: true } => own.Sum(disk => disk.Copies) == 0 ? "drained" : "draining",
                _ => "normal",
            },
            Copies = own.Sum(disk => disk.Copies),
            Address = node.Address,
            Rack = node.Rack,
            Site = node.Site,
            Disks = own.Count,
            DataBytes = own.Sum(disk => disk.DataBytes),
            UsedBytes = used.Count == 0 ? null : used.Sum(disk => disk.UsedBytes!.Value),
            PrimaryGroups = node.PrimaryGroups,
            InSyncGroups = node.InSyncGroups,
            IsAsked = node.Name == block.Name,
        };
    }
}
