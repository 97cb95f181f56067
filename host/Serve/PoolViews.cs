using Uss.Placement;
using Uss.Replication;
using Uss.Volumes;
using Uss.WebUi.Contracts;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>Pools as the application services see them. On the reactor.</summary>
internal static class PoolViews
{
    public static IReadOnlyList<NodePool> Of(BlockNode block) => [.. block.Pools.Select(pool => Of(pool, block))];

    /// <summary>All placement groups.</summary>
    public static IReadOnlyList<NodeGroup> GroupsOf(BlockNode block) => [.. block.Pools.SelectMany(pool => pool.Groups.Select(group =>
    {
        var (inSync, usable) = block.CopiesOf(group);
        return new NodeGroup
        {
            Pool = pool.Record.Name,
            Index = group.Id.Index,
            Row = group.Row,
            InSync = inSync,
            Usable = usable,
            Primary = group.Primary ?? group.Record?.Primary,
            MinimumCopies = group.MinimumCopies,
        };
    }))];

    public static NodePool Of(Pool pool, BlockNode block)
    {
        var (degraded, unavailable) = block.HealthOf(pool);
        var view = new PoolView
        {
            Name = pool.Record.Name,
            Copies = pool.Record.Copies,
            MinimumCopies = pool.Record.MinCopies,
            IsMinimumDefault = pool.Record.MinimumCopies == 0,
            FailureDomain = PlacementRules.LevelName(pool.Record.FailureDomain),
            Class = pool.Record.DiskClass,
            Groups = pool.Record.Groups,
            DegradedGroups = degraded,
            UnavailableGroups = unavailable,
            Volumes = block.Volumes.All.Count(volume => volume.Pool == pool),
            MapVersion = pool.Map.Version,
        };
        return new NodePool(view, pool.Record.ToPolicy(), pool.Map, block.Topology) { SplitBelowCopies = block.SplitBelowCopies };
    }
}
