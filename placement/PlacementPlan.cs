namespace Uss.Placement;

/// <summary>A new map and what it takes to get there.</summary>
/// <param name="Map">The new map.</param>
/// <param name="Moves">Copies that move, in the order of their groups.</param>
/// <param name="ShortRows">Placement groups with fewer copies than the pool asks for, because the topology has too few
/// failure domains.</param>
public sealed record PlacementPlan(PlacementMap Map, IReadOnlyList<ReplicaMove> Moves, int ShortRows)
{
    /// <summary>The map before; null for a new pool.</summary>
    public PlacementMap? Previous { get; init; }

    /// <summary>True when the new map equals the old one, the order of primaries included.</summary>
    public bool IsUnchanged => Moves.Count == 0 && PrimaryChanges == 0 && Previous?.Groups == Map.Groups;

    /// <summary>Copies of groups that disks get: what the change moves.</summary>
    public int MovedCopies { get; init; }

    /// <summary>Fewest copies that any map with this balance would move from the one before, see <see cref="ReplicaQuotas"/>.</summary>
    public int LeastMovedCopies { get; init; }

    /// <summary>Copies that stay on draining disks, because no disk in a failure domain of its own can take them.</summary>
    public int StuckCopies { get; init; }

    /// <summary>Groups that get another preferred primary. That moves no data.</summary>
    public int PrimaryChanges { get; init; }

    /// <summary>What changes from <paramref name="before"/> to <paramref name="after"/>; moves pair losers with gainers.</summary>
    public static IReadOnlyList<ReplicaMove> Compare(PlacementMap? before, PlacementMap after)
    {
        var moves = new List<ReplicaMove>();
        for (var group = 0; group < after.Groups; group++)
        {
            var old = RowBefore(before, group);
            var row = after.Rows[group];
            var (lost, gained) = (NextMissing(old, row, 0), NextMissing(row, old, 0));
            while (lost < old.Count || gained < row.Count)
            {
                moves.Add(new ReplicaMove(group, lost < old.Count ? old[lost] : null, gained < row.Count ? row[gained] : null));
                lost = NextMissing(old, row, lost + 1);
                gained = NextMissing(row, old, gained + 1);
            }
        }

        return moves;
    }

    /// <summary>The disks that a group has before the change. One that comes of a split has those of the group that was split.</summary>
    public IReadOnlyList<Guid> RowBefore(int group) => RowBefore(Previous, group);

    private static IReadOnlyList<Guid> RowBefore(PlacementMap? before, int group) =>
        before is null || before.Groups == 0 ? [] : before.Rows[group % before.Groups];

    internal static int CountPrimaryChanges(PlacementMap? before, PlacementMap after)
    {
        var changes = 0;
        for (var group = 0; group < after.Groups; group++)
        {
            var (old, row) = (RowBefore(before, group), after.Rows[group]);
            if (old.Count > 0 && row.Count > 0 && old[0] != row[0])
                changes++;
        }

        return changes;
    }

    // The first place at or after one whose disk the other row does not have.
    private static int NextMissing(IReadOnlyList<Guid> row, IReadOnlyList<Guid> other, int from)
    {
        for (; from < row.Count; from++)
        {
            var isThere = false;
            for (var i = 0; i < other.Count && !isThere; i++)
                isThere = other[i] == row[from];
            if (!isThere)
                return from;
        }

        return Math.Max(from, row.Count);
    }
}
