namespace Uss.Placement;

public sealed partial class PlacementSolver
{
    /// <summary>
    /// Splits every group in two as a pool grows: group g of N becomes the groups g and g + N of 2 N, which begin on the disks
    /// of g with the objects that <see cref="PlacementHash.GroupOf"/> gives each of them. No data moves. A solution for 2 N
    /// groups with this map as the present one then evens out what the smaller groups allow.
    /// </summary>
    /// <param name="map">The present map.</param>
    /// <param name="policy">The present policy; the map has its number of groups.</param>
    /// <returns>The map of 2 N groups, or <c>too-many-groups</c>.</returns>
    public static PlacementResult<PlacementPlan> Split(PlacementMap map, PoolPolicy policy)
    {
        if (map.Groups != policy.Groups)
            throw new ArgumentException($"the map has {map.Groups} groups, the policy {policy.Groups}", nameof(map));
        if (policy.Groups > PoolPolicy.MaximumGroups / 2)
        {
            return new PlacementFault(
                "too-many-groups",
                $"{PlacementRules.Pool(policy)} has {policy.Groups} placement groups; at most {PoolPolicy.MaximumGroups} are possible.",
                "Put new volumes into another pool.");
        }

        var rows = new List<IReadOnlyList<Guid>>(map.Groups * 2);
        rows.AddRange(map.Rows);
        rows.AddRange(map.Rows);
        var after = new PlacementMap(map.Version + 1, rows);
        return new PlacementPlan(after, [], rows.Count(row => row.Count < policy.Copies)) { Previous = map };
    }

    /// <summary>Whether a pool shall be split: its groups are so few for its disks that a disk holds less than 100 copies on
    /// average, so that whole groups no longer balance the disks to 1 %. Groups are never merged.</summary>
    /// <param name="topology">The disks.</param>
    /// <param name="policy">What the pool asks for, with its present number of groups.</param>
    /// <param name="copiesPerDisk">Other than 100 where pools are meant to be coarser.</param>
    public static bool ShouldSplit(Topology topology, PoolPolicy policy, int copiesPerDisk = PoolPolicy.CopiesPerDisk) =>
        policy.Groups <= PoolPolicy.MaximumGroups / 2
        && (long)policy.Groups * policy.Copies
            < (long)copiesPerDisk * topology.DisksOf(policy).Count(disk => disk.EffectiveWeightBytes > 0);
}
