namespace Uss.WebUi.Contracts;

/// <summary>A file system as the API shows it.</summary>
public sealed record FileSystemView
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its number, never given again.</summary>
    public required int Id { get; init; }

    /// <summary>Name of the pool that holds it.</summary>
    public required string Pool { get; init; }

    /// <summary>Copies of each block, on different disks.</summary>
    public required int Copies { get; init; }

    /// <summary>
    /// <c>healthy</c>; <c>failed</c>: nobody can serve it; or <c>removing</c>: nobody is served any more, and what it holds is given back.
    /// </summary>
    public required string State { get; init; }

    /// <summary>Why it is not healthy and what to do; null when it is.</summary>
    public ProblemItem? Problem { get; init; }

    /// <summary>Bytes that it takes, in one copy.</summary>
    public required long UsedBytes { get; init; }

    /// <summary>Bytes that its pool has left, in one copy; all that the pool holds shares them.</summary>
    public required long FreeBytes { get; init; }

    /// <summary>The node that does its operations; null while nobody does.</summary>
    public string? Owner { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The exports that name it.</summary>
    public IReadOnlyList<ExportView> Exports { get; init; } = [];
}

/// <summary>Body of <c>PATCH /api/v1/file-systems/NAME</c>.</summary>
public sealed record ChangeFileSystem
{
    /// <summary>Its new name.</summary>
    public required string Name { get; init; }
}

/// <summary>Body of <c>POST /api/v1/file-systems</c>.</summary>
public sealed record CreateFileSystem
{
    /// <summary>Name: 1 to 63 of <c>a-z 0-9 . _ -</c>, starting with a letter or digit.</summary>
    public required string Name { get; init; }

    /// <summary>Copies of each block; null: as for a volume.</summary>
    public int? Copies { get; init; }

    /// <summary>Name of the pool; null: the one for <see cref="Copies"/>, made when there is none yet.</summary>
    public string? Pool { get; init; }

    /// <summary>Permissions of its uppermost directory, in octal; null: <c>0777</c>.</summary>
    public string? Mode { get; init; }

    /// <summary>User that the uppermost directory belongs to.</summary>
    public uint User { get; init; }

    /// <summary>Group that the uppermost directory belongs to.</summary>
    public uint Group { get; init; }
}
