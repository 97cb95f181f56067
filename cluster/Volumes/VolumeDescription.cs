namespace Uss.Volumes;

/// <summary>What to create.</summary>
public sealed record VolumeSpecification
{
    /// <summary>Name; see <see cref="VolumeRules.CheckName"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Size in bytes; see <see cref="VolumeRules.CheckSize"/>.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Copies of every block, on different disks.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>Name of the pool to use; null: the one for <see cref="Copies"/>, made when there is none yet.</summary>
    public string? Pool { get; init; }
}

/// <summary>A volume, for lists.</summary>
public sealed record VolumeDescription
{
    /// <summary>Identity.</summary>
    public required VolumeId Id { get; init; }

    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>Size in bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Bytes of it that hold data, in one copy; in a cluster what other nodes lead is as they told up to half a minute ago.</summary>
    public required long UsedBytes { get; init; }

    /// <summary>Copies of every block.</summary>
    public required int Copies { get; init; }

    /// <summary>Name of the pool that holds it.</summary>
    public required string Pool { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether all its data is served, with all copies.</summary>
    public required VolumeHealth Health { get; init; }
}

/// <summary>Whether all data of a volume is served.</summary>
public enum VolumeHealth
{
    /// <summary>With all copies.</summary>
    Healthy,

    /// <summary>With fewer copies than asked for, in some part.</summary>
    Degraded,

    /// <summary>Not in some part: a disk that holds it is away.</summary>
    Unavailable,
}
