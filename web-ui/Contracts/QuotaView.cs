namespace Uss.WebUi.Contracts;

/// <summary>The quota of a directory and all below it as the API shows it.</summary>
public sealed record QuotaView
{
    /// <summary>The directory, from the file system's top; null when it cannot be told.</summary>
    public required string? Path { get; init; }

    /// <summary>Most bytes; null: any number.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>Most files, directories and itself among them; null: any number.</summary>
    public long? LimitFiles { get; init; }

    /// <summary>Bytes that are used.</summary>
    public required long UsedBytes { get; init; }

    /// <summary>Files that there are.</summary>
    public required long UsedFiles { get; init; }

    /// <summary><c>whole</c>, or <c>counting</c> while what was there before it is added, or is set free.</summary>
    public required string State { get; init; }
}

/// <summary>Body of <c>PUT /api/v1/file-systems/NAME/quotas</c>.</summary>
public sealed record SetQuota
{
    /// <summary>The directory, from the file system's top: <c>/projects/a</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Most bytes, 0: any number; null: as it is.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>Most files, 0: any number; null: as it is.</summary>
    public long? LimitFiles { get; init; }
}
