namespace Uss.Replication;

/// <summary>Names a placement group.</summary>
/// <param name="Pool">The pool, from 1.</param>
/// <param name="Index">Which of the pool's groups, from 0.</param>
public readonly record struct PlacementGroupId(int Pool, int Index)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Pool}.{Index}");
}
