namespace Uss.Volumes;

/// <summary>How a volume operation ended.</summary>
public enum VolumeStatus
{
    /// <summary>Done; for a change: durable.</summary>
    Ok,

    /// <summary>No space left in the pool for this write; nothing was changed.</summary>
    NoSpace,

    /// <summary>No copy has good data for part of the range; <see cref="VolumeResult.Offset"/> is the volume's first such byte.</summary>
    Damaged,

    /// <summary>The data cannot be reached now; trying again later may succeed.</summary>
    Unavailable,

    /// <summary>
    /// Compare-and-write found a difference at byte <see cref="VolumeResult.Offset"/> of the compared range; nothing was
    /// written.
    /// </summary>
    Miscompare,

    /// <summary>The range leaves the volume.</summary>
    OutOfRange,

    /// <summary>The volume was removed.</summary>
    Removed,
}

/// <summary>What a volume operation came to.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Offset">See <see cref="VolumeStatus"/>.</param>
public readonly record struct VolumeResult(VolumeStatus Status, long Offset = 0)
{
    /// <summary>True when done.</summary>
    public bool IsOk => Status == VolumeStatus.Ok;

    /// <summary>Success.</summary>
    public static VolumeResult Ok => default;
}
