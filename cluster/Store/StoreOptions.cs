namespace Uss.Store;

/// <summary>How formatting lays out a disk.</summary>
public sealed record StoreFormatOptions
{
    /// <summary>Identity to give the disk; null draws a random one.</summary>
    public Guid? DiskId { get; init; }

    /// <summary>
    /// Size of the log ring in bytes, a multiple of 4096; 0: a 128th of the disk, at least 16 MiB and at most 512 MiB.
    /// </summary>
    public long LogBytes { get; init; }

    /// <summary>Zone for object maps in bytes, a multiple of 4096; 0: 1.5 % of the disk and at least 1 MiB.</summary>
    public long MapBytes { get; init; }

    /// <summary>Formats although the disk holds something. Its owner has been asked.</summary>
    public bool Overwrite { get; init; }
}

/// <summary>How a store runs.</summary>
public sealed record StoreOptions
{
    /// <summary>Defaults.</summary>
    public static StoreOptions Default { get; } = new();

    /// <summary>
    /// Memory for cached object maps, tables and bitmaps in bytes; 0: a 1024th of the disk (1 GiB per TiB), at least 32 MiB.
    /// </summary>
    public long MemoryBytes { get; init; }

    /// <summary>The disk that is expected; null accepts any.</summary>
    public Guid? ExpectedDiskId { get; init; }

    /// <summary>Quiet time after which the last commit is sealed by a barrier, in milliseconds.</summary>
    public int IdleBarrierMs { get; init; } = 100;

    /// <summary>Quiet time after which a log longer than 1/16 of the ring is checkpointed, in milliseconds.</summary>
    public int IdleCheckpointMs { get; init; } = 5000;

    /// <summary>Time over which freed extents are gathered before they are discarded to the device, in milliseconds.</summary>
    public int DiscardDelayMs { get; init; } = 500;

    /// <summary>Most that one discard to the device covers, in bytes, a multiple of 64 KiB.</summary>
    public int DiscardPieceBytes { get; init; } = 32 << 20;

    /// <summary>Least free run worth a discard, in bytes, a multiple of 4096.</summary>
    public int DiscardMinimumBytes { get; init; } = 64 << 10;

    /// <summary>Planted bugs, for tests that prove that the tests bite.</summary>
    internal StoreFaults Faults { get; init; }
}
