using Uss.Runtime;

namespace Uss.NfsFrontend.Administration;

/// <summary>What the owner of a file system answers to a <see cref="FileSystemRequest"/>.</summary>
public sealed record FileSystemAnswer
{
    /// <summary>Why it was not done; null when it was.</summary>
    public Fault? Fault { get; init; }

    /// <summary>Quotas.</summary>
    public IReadOnlyList<QuotaItem> Quotas { get; init; } = [];

    /// <summary>Where the list of quotas goes on; 0: that was all.</summary>
    public ulong Next { get; init; }

    /// <summary>The directory that was asked for; null: none was.</summary>
    public DirectoryItem? Directory { get; init; }

    /// <summary>The check that is under way, or the last one; null: there was none since the owner became owner.</summary>
    public CheckItem? Check { get; init; }
}

/// <summary>A directory.</summary>
/// <param name="Inode">Its inode.</param>
/// <param name="Generation">The inode's generation.</param>
public sealed record DirectoryItem(ulong Inode, uint Generation);

/// <summary>A quota.</summary>
/// <param name="Path">The directory; null where its way up cannot be found any more.</param>
/// <param name="Directory">Its number.</param>
/// <param name="LimitBytes">Most bytes; 0: any number.</param>
/// <param name="LimitFiles">Most files; 0: any number.</param>
/// <param name="UsedBytes">Bytes that are used.</param>
/// <param name="UsedFiles">Files that there are.</param>
/// <param name="IsCounting">What was there before the quota is still being counted, or given free.</param>
public sealed record QuotaItem(
    string? Path, ulong Directory, long LimitBytes, long LimitFiles, long UsedBytes, long UsedFiles, bool IsCounting);

/// <summary>A check of a file system.</summary>
public sealed record CheckItem
{
    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it ended; null while it is under way.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Records that were looked at.</summary>
    public long Records { get; init; }

    /// <summary>About how many there are to look at; 0: not known.</summary>
    public long TotalRecords { get; init; }

    /// <summary>Pages that the records lie in.</summary>
    public long Pages { get; init; }

    /// <summary>The file system was served meanwhile; otherwise nobody could, and its log was read, too.</summary>
    public bool IsOnline { get; init; }

    /// <summary>Number of findings.</summary>
    public long Count { get; init; }

    /// <summary>The first of them, a sentence each.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];

    /// <summary>Why it could not be ended; null when it could.</summary>
    public Fault? Fault { get; init; }
}
