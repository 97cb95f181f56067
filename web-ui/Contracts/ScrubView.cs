namespace Uss.WebUi.Contracts;

/// <summary>How the scrub of a placement group stands.</summary>
public sealed record ScrubView
{
    /// <summary>The pool.</summary>
    public required string Pool { get; init; }

    /// <summary>The group within the pool.</summary>
    public required int Group { get; init; }

    /// <summary>
    /// <c>running</c>: on the node that answers; <c>due</c>: it waits, or another node runs it; <c>done</c>; <c>never</c>.
    /// </summary>
    public required string State { get; init; }

    /// <summary>How much of a running one is done, 0 to 100; null when it does not run on the node that answers.</summary>
    public double? Percent { get; init; }

    /// <summary>When the last one ended; null: there was none. All figures are those of the last one.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Copies of blocks that were read from the media.</summary>
    public long CopiesRead { get; init; }

    /// <summary>Of these, copies that could not be read or were not what had been written.</summary>
    public long Damaged { get; init; }

    /// <summary>Copies that could be read and were older than another one, or missing.</summary>
    public long Outdated { get; init; }

    /// <summary>Copies that were overwritten with good data.</summary>
    public long Repaired { get; init; }

    /// <summary>Blocks without a good copy.</summary>
    public long Unrepairable { get; init; }

    /// <summary>Where these are; the first of many.</summary>
    public IReadOnlyList<LostRangeView> Lost { get; init; } = [];
}

/// <summary>Bytes of a volume without a good copy.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
public sealed record LostRangeView(string Volume, long Offset, long Length);

/// <summary>Body of <c>POST /api/v1/scrubs</c>.</summary>
public sealed record StartScrub
{
    /// <summary>The pool; null: all pools.</summary>
    public string? Pool { get; init; }

    /// <summary>The group within the pool; null: all.</summary>
    public int? Group { get; init; }
}

/// <summary>What a request for a scrub came to.</summary>
/// <param name="Groups">Groups that will be scrubbed.</param>
public sealed record ScrubStartedView(int Groups);
