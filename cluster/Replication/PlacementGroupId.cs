namespace Uss.Replication;

/// <summary>Names a placement group.</summary>
/// <param name="Pool">The pool, from 1.</param>
/// <param name="Index">Which of the pool's groups, from 0.</param>
public readonly record struct PlacementGroupId(int Pool, int Index)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Pool}.{Index}");

    /// <summary>
    /// The groups that had objects of this one when the pool had fewer, the youngest first, each with the number of groups that it
    /// is one of at least since this group is there.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="groups">The number of groups that it is one of.</param>
    internal static IEnumerable<(PlacementGroupId Elder, int LeastGroups)> EldersOf(PlacementGroupId group, int groups)
    {
        for (; groups > 1 && groups % 2 == 0; groups /= 2)
        {
            if (group.Index >= groups / 2)
                yield return (group with { Index = group.Index % (groups / 2) }, groups);
        }
    }
}
