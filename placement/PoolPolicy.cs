namespace Uss.Placement;

/// <summary>How a pool wants its data spread.</summary>
public sealed record PoolPolicy
{
    /// <summary>Most copies that a pool can ask for.</summary>
    public const int MaximumCopies = 16;

    /// <summary>Most placement groups: 100 copies a disk on ten thousand disks with two copies, as a power of two.</summary>
    public const int MaximumGroups = 1 << 19;

    /// <summary>Copies of groups per disk from which whole groups balance disks to 1 %.</summary>
    public const int CopiesPerDisk = 100;

    private const int MinimumGroups = 64;

    private readonly int? _minimumCopies;

    /// <summary>Name of the pool, for messages.</summary>
    public string Name { get; init; } = "";

    /// <summary>Copies of every block, at least 1.</summary>
    public required int Copies { get; init; }

    /// <summary>Placement groups. It grows by splitting all groups in two (<see cref="PlacementSolver.Split"/>).</summary>
    public required int Groups { get; init; }

    /// <summary>Copies that must be durable before a write is acknowledged; by default 2 of three or more, else 1.</summary>
    public int MinimumCopies
    {
        get => _minimumCopies ?? DefaultMinimumCopies(Copies);
        init => _minimumCopies = value;
    }

    /// <summary>What no two copies may share.</summary>
    public FailureDomain FailureDomain { get; init; } = FailureDomain.Disk;

    /// <summary>Only disks of this class are used; null: all.</summary>
    public string? DiskClass { get; init; }

    /// <summary>The minimum of copies for a pool that names none.</summary>
    public static int DefaultMinimumCopies(int copies) => copies > 2 ? 2 : 1;

    /// <summary>
    /// Placement groups for a new pool: at least 100 copies a disk, which lets whole groups balance disks to 1 %, as a
    /// power of two from 64 to 524,288.
    /// </summary>
    public static int SuggestGroups(int disks, int copies)
    {
        var wanted = ((long)CopiesPerDisk * Math.Max(disks, 1) + copies - 1) / copies;
        var groups = MinimumGroups;
        while (groups < wanted && groups < MaximumGroups)
            groups *= 2;
        return groups;
    }
}
