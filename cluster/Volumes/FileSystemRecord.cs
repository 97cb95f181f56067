using Uss.Coordination;
using Uss.Replication;

namespace Uss.Volumes;

/// <summary>What the coordination store knows of a file system, under <c>file-systems/NAME</c>.</summary>
public sealed record FileSystemRecord : ICheckedRecord
{
    /// <summary>Prefix of all such records.</summary>
    public const string Prefix = "file-systems/";

    /// <summary>Number of the file system in spaces and handles: 1 to <see cref="SpaceId.MaximumFileSystem"/>, never given again.</summary>
    public required int Id { get; init; }

    /// <summary>Its name, by the rules for names of volumes.</summary>
    public required string Name { get; init; }

    /// <summary>Number of the pool that holds its metadata and its files.</summary>
    public required int Pool { get; init; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>What its uppermost directory is like when it is used for the first time. A record that does not say it is read as null.</summary>
    public RootDirectory Root { get; init => field = value ?? RootDirectory.Default; } = RootDirectory.Default;

    /// <summary>It is being removed: nobody is served any more, and its contents are given back.</summary>
    public bool IsRemoving { get; init; }

    /// <inheritdoc/>
    public string? FindFlaw() =>
        Id is < 1 or > SpaceId.MaximumFileSystem ? $"its number {Id} cannot be"
        : Root.Mode is < 0 or > RootDirectory.MaximumMode ? $"the mode {Root.Mode} of its uppermost directory cannot be"
        : null;

    /// <summary>Key of a file system's record.</summary>
    public static string KeyOf(string name) => Prefix + name;
}
