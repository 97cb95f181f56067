namespace Uss.NfsFrontend.Administration;

/// <summary>What an administrator wants of a file system, for its owner; between nodes it goes as JSON.</summary>
public sealed record FileSystemRequest
{
    /// <summary>What is wanted.</summary>
    public required FileSystemAction Action { get; init; }

    /// <summary>A directory, from the file system's uppermost one on: <c>/projects/a</c>.</summary>
    public string Path { get; init; } = "/";

    /// <summary>Most bytes, 0: any number; null: as it is.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>Most files, 0: any number; null: as it is.</summary>
    public long? LimitFiles { get; init; }

    /// <summary>Where a list goes on: the number of a directory.</summary>
    public ulong From { get; init; }
}

/// <summary>What a <see cref="FileSystemRequest"/> wants.</summary>
public enum FileSystemAction
{
    /// <summary>Some quotas.</summary>
    ListQuotas,

    /// <summary>A quota given to a directory, or changed.</summary>
    SetQuota,

    /// <summary>A quota taken away.</summary>
    RemoveQuota,

    /// <summary>The directory that a path leads to.</summary>
    FindDirectory,

    /// <summary>A check begun, if none is under way.</summary>
    StartCheck,

    /// <summary>How the check stands.</summary>
    ShowCheck,
}
