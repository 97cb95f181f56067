using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

/// <summary>How a disk is.</summary>
public enum DiskState
{
    /// <summary>Serving.</summary>
    Online,

    /// <summary>Known, but not found among the disks that the node was given.</summary>
    Missing,

    /// <summary>It could not be opened, or failed while it served; see the fault.</summary>
    Failed,

    /// <summary>Serving, and catching up with what changed while it was away or was placed on it.</summary>
    Resyncing,
}

/// <summary>A disk, for lists.</summary>
public sealed record DiskDescription
{
    /// <summary>Identity; null while the disk could never be opened.</summary>
    public required Guid? Id { get; init; }

    /// <summary>Path or other name.</summary>
    public required string Name { get; init; }

    /// <summary>How it is.</summary>
    public required DiskState State { get; init; }

    /// <summary>Why it failed.</summary>
    public Fault? Fault { get; init; }

    /// <summary>Bytes that data can occupy.</summary>
    public required long DataBytes { get; init; }

    /// <summary>Bytes in use.</summary>
    public required long UsedBytes { get; init; }

    /// <summary>How much of what belongs on it is in sync, 0 to 100.</summary>
    public required double ResyncPercent { get; init; }

    /// <summary>Figures of its store; null while it is not open.</summary>
    public StoreStatistics? Statistics { get; init; }
}
