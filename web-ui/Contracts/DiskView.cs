using System.Text.Json.Serialization;

namespace Uss.WebUi.Contracts;

/// <summary>A disk as the API shows it.</summary>
public sealed record DiskView
{
    /// <summary>Short name, unique at its node: <c>disk0</c>, <c>disk1</c>, ...</summary>
    public required string Name { get; init; }

    /// <summary>The node that it is attached to; null, and left out of JSON, where there is only one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Node { get; init; }

    /// <summary>Name by which commands find it: with its node, where there are several.</summary>
    [JsonIgnore]
    public string FullName => Node is null ? Name : $"{Node}/{Name}";

    /// <summary>It gives up what it holds, by itself or with its node.</summary>
    public bool IsDraining { get; init; }

    /// <summary>Copies of placement groups that it has or is to have; 0 for a disk that can go.</summary>
    public int Copies { get; init; }

    /// <summary>Device class; null for none in particular.</summary>
    public string? Class { get; init; }

    /// <summary>File or block device.</summary>
    public required string Path { get; init; }

    /// <summary><c>healthy</c>, <c>resyncing</c>, <c>read-only</c>, <c>missing</c>, <c>failed</c>, or <c>away</c> while its
    /// node cannot be reached.</summary>
    public required string State { get; init; }

    /// <summary><c>file</c> or <c>device</c>; <c>unknown</c> when it could not be opened.</summary>
    public string Kind { get; init; } = "unknown";

    /// <summary>What is wrong with it and what to do; null when healthy.</summary>
    public ProblemItem? Problem { get; init; }

    /// <summary>Identity written when it was formatted; null when it could not be read.</summary>
    public string? Id { get; init; }

    /// <summary>Size of the file or device in bytes; 0 when it could not be opened.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Alignment of its direct I/O in bytes; 0 when it could not be opened.</summary>
    public int SectorBytes { get; init; }

    /// <summary>It has a volatile cache, so that every commit is followed by a flush.</summary>
    public bool NeedsFlush { get; init; }

    /// <summary>How much of what belongs on it is in sync, 0 to 100.</summary>
    public double ResyncPercent { get; init; } = 100;

    /// <summary>Bytes that data can occupy; 0 when that is not known.</summary>
    public long DataBytes { get; init; }

    /// <summary>Of these, bytes in use; null when that is not known.</summary>
    public long? UsedBytes { get; init; }

    /// <summary>Bytes that the file system under a disk file has left; null for devices.</summary>
    public long? HostFreeBytes { get; init; }

    /// <summary>Figures of its store; null when it is not open or at another node.</summary>
    public DiskFigures? Figures { get; init; }
}

/// <summary>Space and traffic of one disk's store since it was opened.</summary>
public sealed record DiskFigures
{
    /// <summary>Bytes that data can occupy.</summary>
    public required long DataBytes { get; init; }

    /// <summary>Of these, bytes in use.</summary>
    public required long UsedBytes { get; init; }

    /// <summary>Objects on the disk.</summary>
    public required long Objects { get; init; }

    /// <summary>Memory that the store holds, in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Bytes of data that callers wrote.</summary>
    public required long BytesAccepted { get; init; }

    /// <summary>Bytes written to the device for them.</summary>
    public required long BytesWritten { get; init; }

    /// <summary>Flushes sent to the device.</summary>
    public required long Flushes { get; init; }

    /// <summary>Blocks found damaged.</summary>
    public required long DamagedBlocks { get; init; }

    /// <summary>Checkpoints written.</summary>
    public required long Checkpoints { get; init; }

    /// <summary>Bytes of log that a recovery would read now.</summary>
    public required long LogBytes { get; init; }
}
