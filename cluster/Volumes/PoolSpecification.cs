using Uss.Placement;

namespace Uss.Volumes;

/// <summary>A pool to create.</summary>
public sealed record PoolSpecification
{
    /// <summary>Name: as of a volume, and not beginning with <c>copies-</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Copies of every block.</summary>
    public required int Copies { get; init; }

    /// <summary>Copies that must be durable before a write is acknowledged; null: 1 of up to two copies, else 2.</summary>
    public int? MinimumCopies { get; init; }

    /// <summary>What no two copies may share; null: the node in a cluster, else the disk.</summary>
    public FailureDomain? FailureDomain { get; init; }

    /// <summary>Only disks of this class are used; null or <see cref="TopologyRules.AnyClass"/>: all.</summary>
    public string? DiskClass { get; init; }
}
