namespace Uss.WebUi.Contracts;

/// <summary>An NFS export as the API shows it.</summary>
public sealed record ExportView
{
    /// <summary>What clients mount, such as <c>/default</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Its number in the handles of clients, never given again.</summary>
    public required int Id { get; init; }

    /// <summary>The file system.</summary>
    public required string FileSystem { get; init; }

    /// <summary>The directory of it that clients see as the uppermost one, as it was called when it was exported; null: all of it.</summary>
    public string? Directory { get; init; }

    /// <summary>Who may mount it; nobody else may.</summary>
    public required IReadOnlyList<ExportRuleView> Rules { get; init; }

    /// <summary>Root of a client finds the volumes of the cluster as files in its directory <c>volumes</c>.</summary>
    public bool ShowsVolumes { get; init; }

    /// <summary>How a Linux client mounts it from the node that answers; null when that listens nowhere.</summary>
    public string? Mount { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset Created { get; init; }
}

/// <summary>What some clients may do with an export; of several rules the one for the fewest clients holds.</summary>
public sealed record ExportRuleView
{
    /// <summary>The clients: a network as <c>10.0.0.0/24</c>, an address, or <c>*</c> for all.</summary>
    public required string Clients { get; init; }

    /// <summary>Writes are refused.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Whose identity is replaced by the anonymous one: <c>root</c> (as for null), <c>all</c> or <c>none</c>.</summary>
    public string? Squash { get; init; }

    /// <summary>User that takes its place; null: 65534, nobody.</summary>
    public uint? AnonymousUser { get; init; }

    /// <summary>Group that takes its place; null: 65534, nobody.</summary>
    public uint? AnonymousGroup { get; init; }
}

/// <summary>Body of <c>POST /api/v1/exports</c>.</summary>
public sealed record CreateExport
{
    /// <summary>What clients mount: names of <c>A-Z a-z 0-9 . _ -</c>, each behind a slash.</summary>
    public required string Path { get; init; }

    /// <summary>Name of the file system.</summary>
    public required string FileSystem { get; init; }

    /// <summary>A directory of it that clients are to see as the uppermost one, as <c>/projects/a</c>; null: all of it.</summary>
    public string? Directory { get; init; }

    /// <summary>Who may mount it; null: nobody yet.</summary>
    public IReadOnlyList<ExportRuleView>? Rules { get; init; }

    /// <summary>Root of a client finds the volumes of the cluster as files in its directory <c>volumes</c>.</summary>
    public bool ShowsVolumes { get; init; }
}

/// <summary>Body of <c>PATCH /api/v1/exports/PATH</c>.</summary>
public sealed record ChangeExport
{
    /// <summary>Rules that are added, if any; one for the same clients is replaced.</summary>
    public IReadOnlyList<ExportRuleView>? SetRules { get; init; }

    /// <summary>Clients whose rules are taken away, if any, as the rules name them.</summary>
    public IReadOnlyList<string>? RemoveClients { get; init; }
}

/// <summary>A client that has mounted something, as far as the node knows: clients that die do not say so.</summary>
/// <param name="Client">Its address.</param>
/// <param name="Path">What it mounted: an export's path, or a directory below it.</param>
public sealed record NfsClientView(string Client, string Path);
