namespace Uss.WebUi.Contracts;

/// <summary>A volume as the API shows it.</summary>
public sealed record VolumeView
{
    /// <summary>Name that administrators gave it.</summary>
    public required string Name { get; init; }

    /// <summary>Identity, 16 hex digits, constant for the volume's life.</summary>
    public required string Id { get; init; }

    /// <summary>Size that initiators see, in bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Bytes of it that hold data, in one copy.</summary>
    public required long UsedBytes { get; init; }

    /// <summary>Copies of each block, on different disks.</summary>
    public required int Copies { get; init; }

    /// <summary>Name of the pool that holds it.</summary>
    public string Pool { get; init; } = "";

    /// <summary>
    /// <c>healthy</c>; <c>degraded</c>: all of it is served, but with fewer copies than asked for or not for writing; or
    /// <c>failed</c>: part of it cannot be reached.
    /// </summary>
    public required string State { get; init; }

    /// <summary>Why it is not healthy and what to do; null when it is.</summary>
    public ProblemItem? Problem { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The LUNs that show it.</summary>
    public IReadOnlyList<LunView> Luns { get; init; } = [];
}

/// <summary>Body of <c>POST /api/v1/volumes</c>.</summary>
public sealed record CreateVolume
{
    /// <summary>Name: 1 to 63 of <c>a-z 0-9 . _ -</c>, starting with a letter or digit.</summary>
    public required string Name { get; init; }

    /// <summary>Size in bytes, a multiple of 512; rounded up to whole 4 KiB blocks.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Copies of each block, on different disks; null: as many as the pool has, else 3 in a cluster that
    /// has the nodes, else 1.</summary>
    public int? Copies { get; init; }

    /// <summary>Name of the pool; null: the one for <see cref="Copies"/>, made when there is none yet.</summary>
    public string? Pool { get; init; }
}

/// <summary>Body of <c>PATCH /api/v1/volumes/NAME</c>.</summary>
public sealed record ChangeVolume
{
    /// <summary>New size in bytes, a multiple of 512 and not below the present one.</summary>
    public required long SizeBytes { get; init; }
}
