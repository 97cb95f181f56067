namespace Uss.Placement;

/// <summary>How a pool wants its data spread.</summary>
public sealed record PoolPolicy
{
    /// <summary>Copies of every block, at least 1.</summary>
    public required int Copies { get; init; }

    /// <summary>Placement groups; fixed for the pool's life.</summary>
    public required int Groups { get; init; }

    /// <summary>What no two copies may share.</summary>
    public FailureDomain FailureDomain { get; init; } = FailureDomain.Disk;

    /// <summary>Only disks of this class are used; null: all.</summary>
    public string? DiskClass { get; init; }

    /// <summary>
    /// Placement groups for a new pool: about 100 replicas a disk, which lets whole groups balance disks to 1 %, as a
    /// power of two from 64 to 65,536.
    /// </summary>
    public static int SuggestGroups(int disks, int copies)
    {
        var wanted = (100L * Math.Max(disks, 1) + copies - 1) / copies;
        var groups = 64;
        while (groups < wanted && groups < 65_536)
            groups *= 2;
        return groups;
    }
}
