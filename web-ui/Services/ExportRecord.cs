using Uss.Coordination;

namespace Uss.WebUi.Services;

/// <summary>An NFS export as it lies in the coordination store under <c>exports/PATH</c>.</summary>
public sealed record ExportRecord : ICheckedRecord
{
    /// <summary>Largest number of an export: handles have two bytes for it.</summary>
    public const int HighestId = 65535;

    /// <summary>Its number in the handles of clients: 1 to <see cref="HighestId"/>, never given again.</summary>
    public required int Id { get; init; }

    /// <summary>What clients mount, such as <c>/default</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Number of the file system, whatever its name is by now.</summary>
    public required int FileSystemId { get; init; }

    /// <summary>The directory of the file system that it shows, as it was named; null: the uppermost one.</summary>
    public string? Directory { get; init; }

    /// <summary>That directory, whatever its path is by now; null: the uppermost one.</summary>
    public ExportTop? Top { get; init; }

    /// <summary>Who may mount it; nobody else may.</summary>
    public required IReadOnlyList<ExportRuleRecord> Rules { get; init; }

    /// <summary>Root of a client finds the volumes of the cluster as files in its directory <c>volumes</c>.</summary>
    public bool ShowsVolumes { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <inheritdoc/>
    public string? FindFlaw() =>
        Id is < 1 or > HighestId ? $"its number {Id} cannot be"
        : Rules.FirstOrDefault(rule => !ExportClients.TryNormalize(rule.Clients, out _)) is { } bad ? $"'{bad.Clients}' are no clients"
        : null;

    /// <summary>Key of an export.</summary>
    /// <param name="path">Its path, which begins with a slash.</param>
    public static string KeyOf(string path) => RecordKeys.Exports + path[1..];
}

/// <summary>A directory that an export shows.</summary>
public sealed record ExportTop
{
    /// <summary>Its inode.</summary>
    public required ulong Inode { get; init; }

    /// <summary>The inode's generation.</summary>
    public required uint Generation { get; init; }
}

/// <summary>What some clients may do with an export.</summary>
public sealed record ExportRuleRecord
{
    /// <summary>User and group "nobody" of most systems.</summary>
    public const uint Nobody = 65534;

    /// <summary>The clients: a network as <c>10.0.0.0/24</c>, an address, or <c>*</c> for all.</summary>
    public required string Clients { get; init; }

    /// <summary>Writes are refused.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Whose identity is replaced by the anonymous one.</summary>
    public ExportSquash Squash { get; init; }

    /// <summary>User that takes its place.</summary>
    public required uint AnonymousUser { get; init; }

    /// <summary>Group that takes its place.</summary>
    public required uint AnonymousGroup { get; init; }
}

/// <summary>Whose identity an export replaces.</summary>
public enum ExportSquash
{
    /// <summary>Root's.</summary>
    Root,

    /// <summary>Everybody's.</summary>
    All,

    /// <summary>Nobody's.</summary>
    None,
}

/// <summary>The number of the next export, under <see cref="RecordKeys.ExportCounter"/>: every new export changes it.</summary>
internal sealed record ExportCounterRecord
{
    /// <summary>The number.</summary>
    public required int Next { get; init; }
}
