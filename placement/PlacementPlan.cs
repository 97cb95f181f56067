namespace Uss.Placement;

/// <summary>One replica that a change of map moves or creates.</summary>
/// <param name="Group">The placement group.</param>
/// <param name="From">The disk that loses it; null when a copy is added or its disk is gone.</param>
/// <param name="To">The disk that gets it; null when the group has one copy less than before.</param>
public readonly record struct ReplicaMove(int Group, Guid? From, Guid? To);

/// <summary>A new map and what it takes to get there.</summary>
/// <param name="Map">The new map.</param>
/// <param name="Moves">Replicas that move, in the order of their groups.</param>
/// <param name="ShortRows">Placement groups with fewer copies than the pool asks for, because the topology has too few
/// failure domains.</param>
public sealed record PlacementPlan(PlacementMap Map, IReadOnlyList<ReplicaMove> Moves, int ShortRows)
{
    /// <summary>True when the new map equals the old one.</summary>
    public bool IsUnchanged => Moves.Count == 0;

    /// <summary>What changes from <paramref name="before"/> to <paramref name="after"/>; moves pair losers with gainers.</summary>
    public static IReadOnlyList<ReplicaMove> Compare(PlacementMap? before, PlacementMap after)
    {
        var moves = new List<ReplicaMove>();
        for (var group = 0; group < after.Groups; group++)
        {
            IReadOnlyList<Guid> old = before is not null && group < before.Groups ? before.Rows[group] : [];
            var lost = old.Except(after.Rows[group]).ToList();
            var gained = after.Rows[group].Except(old).ToList();
            for (var i = 0; i < Math.Max(lost.Count, gained.Count); i++)
                moves.Add(new ReplicaMove(group, i < lost.Count ? lost[i] : null, i < gained.Count ? gained[i] : null));
        }

        return moves;
    }
}
