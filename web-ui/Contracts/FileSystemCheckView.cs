namespace Uss.WebUi.Contracts;

/// <summary>A check of a file system's metadata as the API shows it.</summary>
public sealed record FileSystemCheckView
{
    /// <summary><c>never</c> since its owner became owner, <c>running</c>, <c>clean</c>, <c>damaged</c>, or <c>failed</c>: it had no end.</summary>
    public required string State { get; init; }

    /// <summary>When it began.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>How far it is, in percent; null where that is not known.</summary>
    public double? Percent { get; init; }

    /// <summary>Records that were looked at.</summary>
    public long Records { get; init; }

    /// <summary>Pages that they lie in.</summary>
    public long Pages { get; init; }

    /// <summary>The file system was served meanwhile.</summary>
    public bool IsOnline { get; init; }

    /// <summary>Number of findings.</summary>
    public long Findings { get; init; }

    /// <summary>The first hundred, a sentence each.</summary>
    public IReadOnlyList<string> First { get; init; } = [];

    /// <summary>Why it had no end; null when it had one.</summary>
    public ProblemItem? Problem { get; init; }
}
