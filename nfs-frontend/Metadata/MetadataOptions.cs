namespace Uss.NfsFrontend.Metadata;

/// <summary>How the metadata of a file system is kept while it is open.</summary>
public sealed record MetadataOptions
{
    /// <summary>The defaults.</summary>
    public static MetadataOptions Default { get; } = new();

    /// <summary>Memory for pages; passed for a moment where one operation needs more. At least 512 KiB.</summary>
    public long CacheBytes { get; init; } = 64 << 20;

    /// <summary>A checkpoint is written when nothing was changed for so long; 0: never for that reason.</summary>
    public long QuietNs { get; init; } = 5_000_000_000;

    /// <summary>How long a commit is tried again that finds no space, before the store gives up.</summary>
    public long NoSpaceRetryNs { get; init; } = 5_000_000_000;
}

/// <summary>What is chosen once, when the metadata of a file system is formatted.</summary>
public sealed record MetadataFormatOptions
{
    /// <summary>Identity of the file system: blocks of another one are never taken for its own.</summary>
    public required ulong FileSystem { get; init; }

    /// <summary>Size of the log ring: a multiple of 4096 from 256 KiB to 1 GiB. A transaction has at most an eighth of it, and 1 MiB.</summary>
    public long LogBytes { get; init; } = 64 << 20;
}

/// <summary>Figures of an open store.</summary>
public readonly record struct MetadataFigures
{
    /// <summary>Records in it.</summary>
    public long Records { get; init; }

    /// <summary>Pages of 16 KiB that they take.</summary>
    public long UsedPages { get; init; }

    /// <summary>Records put and deleted since it was opened, recovery included.</summary>
    public long AppliedRecords { get; init; }

    /// <summary>Bytes written to the log since it was opened.</summary>
    public long LogBytes { get; init; }

    /// <summary>Writes to the log since it was opened.</summary>
    public long Commits { get; init; }

    /// <summary>Memory of the pages.</summary>
    public long CacheBytes { get; init; }

    /// <summary>Pages read since it was opened.</summary>
    public long Misses { get; init; }

    /// <summary>Checkpoints since it was opened.</summary>
    public long Checkpoints { get; init; }

    /// <summary>Bytes written by them.</summary>
    public long CheckpointBytes { get; init; }

    /// <summary>Free pages whose room was given back since it was opened.</summary>
    public long DiscardedPages { get; init; }
}
