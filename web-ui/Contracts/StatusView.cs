namespace Uss.WebUi.Contracts;

/// <summary>The state of the service in one page.</summary>
public sealed record StatusView
{
    /// <summary>
    /// <c>healthy</c>; <c>degraded</c> when <see cref="Problems"/> is not empty; <c>failed</c> when part of a volume cannot
    /// be reached, or a file system not be served.
    /// </summary>
    public required string State { get; init; }

    /// <summary>What is wrong and what to do.</summary>
    public required IReadOnlyList<ProblemItem> Problems { get; init; }

    /// <summary>Version of the program.</summary>
    public required string Version { get; init; }

    /// <summary>Process id.</summary>
    public required int ProcessId { get; init; }

    /// <summary>When it started to serve.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>iSCSI qualified name of the target.</summary>
    public required string Target { get; init; }

    /// <summary>Where the target listens.</summary>
    public required IReadOnlyList<string> Portals { get; init; }

    /// <summary>Initiators without a rule of their own may log in over loopback without CHAP.</summary>
    public required bool OpenOnLoopback { get; init; }

    /// <summary>Which reactor runs: <c>io_uring</c> or <c>portable</c>.</summary>
    public required string Reactor { get; init; }

    /// <summary>Volumes.</summary>
    public required int Volumes { get; init; }

    /// <summary>Of these, served with too few copies or not for writing, in some part.</summary>
    public required int DegradedVolumes { get; init; }

    /// <summary>Of these, not to be reached in some part.</summary>
    public required int FailedVolumes { get; init; }

    /// <summary>LUN mappings.</summary>
    public required int Luns { get; init; }

    /// <summary>Where the NFS server listens; empty: nowhere.</summary>
    public IReadOnlyList<string> Nfs { get; init; } = [];

    /// <summary>File systems.</summary>
    public int FileSystems { get; init; }

    /// <summary>NFS exports.</summary>
    public int Exports { get; init; }

    /// <summary>Logged-in sessions, discovery sessions left out.</summary>
    public required int Sessions { get; init; }

    /// <summary>Disks.</summary>
    public required int Disks { get; init; }

    /// <summary>The cluster; null for a node that is alone.</summary>
    public ClusterView? Cluster { get; init; }

    /// <summary>Bytes that data can occupy on all healthy disks.</summary>
    public required long DataBytes { get; init; }

    /// <summary>Of these, bytes in use.</summary>
    public required long UsedBytes { get; init; }

    /// <summary>Resident memory of the process in bytes.</summary>
    public required long MemoryBytes { get; init; }
}

/// <summary>What <c>uss version</c> prints.</summary>
public sealed record VersionView
{
    /// <summary>Name of the program.</summary>
    public required string Program { get; init; }

    /// <summary>Its version.</summary>
    public required string Version { get; init; }
}

/// <summary>One thing that is wrong.</summary>
/// <param name="Code">Stable code in kebab-case.</param>
/// <param name="Message">One sentence that names the thing.</param>
/// <param name="Fix">What to do.</param>
public sealed record ProblemItem(string Code, string Message, string Fix);

/// <summary>One page of a list.</summary>
/// <typeparam name="T">What is listed.</typeparam>
public sealed record ListPage<T>
{
    /// <summary>The items.</summary>
    public required IReadOnlyList<T> Items { get; init; }

    /// <summary>Opaque cursor of the next page; null on the last page.</summary>
    public string? NextCursor { get; init; }
}

/// <summary>An error as RFC 9457 shapes it.</summary>
public sealed record ProblemView
{
    /// <summary>Identifies the kind of problem: <c>urn:uss:problem:CODE</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Short text of the HTTP status.</summary>
    public required string Title { get; init; }

    /// <summary>HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>One sentence that names the thing.</summary>
    public required string Detail { get; init; }

    /// <summary>Stable code in kebab-case.</summary>
    public required string Code { get; init; }

    /// <summary>What to do; empty when there is nothing to do.</summary>
    public string Fix { get; init; } = "";
}
