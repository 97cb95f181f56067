namespace Uss.Placement;

/// <summary>The placement of one pool: an explicit table from placement group to disks, primary first.</summary>
public sealed class PlacementMap
{
    /// <summary>Creates a map.</summary>
    /// <param name="version">Number of the map, from 1; every change raises it.</param>
    /// <param name="rows">One row a placement group: its disks in order of preference as primary. A row is shorter than
    /// the pool's copies where the topology has too few failure domains.</param>
    public PlacementMap(long version, IReadOnlyList<IReadOnlyList<Guid>> rows)
    {
        Version = version;
        Rows = rows;
    }

    /// <summary>Number of the map.</summary>
    public long Version { get; }

    /// <summary>The disks of each placement group.</summary>
    public IReadOnlyList<IReadOnlyList<Guid>> Rows { get; }

    /// <summary>Placement groups.</summary>
    public int Groups => Rows.Count;
}
