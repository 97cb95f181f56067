using Uss.Replication;

namespace Uss.Volumes;

/// <summary>
/// Which scrubs operators asked for, under <c>scrub/requests</c>. Requests are numbered, so that clocks need not agree on
/// what was scrubbed since.
/// </summary>
public sealed record ScrubRequestsRecord
{
    /// <summary>Key of the record.</summary>
    public const string Key = ScrubNodeRecord.Root + "requests";

    /// <summary>Number of the newest request; 0: none so far.</summary>
    public long Newest { get; init; }

    /// <summary>The requests, the oldest first. One that covers an earlier one takes its place.</summary>
    public IReadOnlyList<ScrubRequest> Requests { get; init; } = [];

    /// <summary>The newest request for a group; 0: none.</summary>
    public long NumberFor(PlacementGroupId group)
    {
        var number = 0L;
        foreach (var request in Requests)
        {
            if (request.Covers(group))
                number = Math.Max(number, request.Number);
        }

        return number;
    }
}

/// <summary>An operator's wish to have groups scrubbed.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Pool">The pool; 0: all.</param>
/// <param name="Group">The group within the pool; -1: all.</param>
public sealed record ScrubRequest(long Number, int Pool, int Group)
{
    /// <summary>True when it asks for the group.</summary>
    public bool Covers(PlacementGroupId group) => (Pool == 0 || Pool == group.Pool) && (Group < 0 || Group == group.Index);

    /// <summary>True when it asks for all that the other asks for.</summary>
    public bool Covers(ScrubRequest other) => (Pool == 0 || Pool == other.Pool) && (Group < 0 || Group == other.Group);
}

/// <summary>The last scrubs that a node has made, under <c>scrub/nodes/NODE</c>.</summary>
public sealed record ScrubNodeRecord
{
    /// <summary>Prefix of everything about scrubs.</summary>
    public const string Root = "scrub/";

    /// <summary>Prefix of the nodes' records.</summary>
    public const string Prefix = Root + "nodes/";

    /// <summary>By group, the last scrub that this node has finished, unless another node has scrubbed the group since.</summary>
    public required IReadOnlyList<ScrubResult> Groups { get; init; }
}

/// <summary>How the last scrub of a placement group ended.</summary>
public sealed record ScrubResult
{
    /// <summary>The pool.</summary>
    public required int Pool { get; init; }

    /// <summary>The group within the pool.</summary>
    public required int Group { get; init; }

    /// <summary>When it ended.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>The newest request that it answers.</summary>
    public long Request { get; init; }

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
    public IReadOnlyList<ScrubLoss> Lost { get; init; } = [];

    /// <summary>The group.</summary>
    internal PlacementGroupId Id => new(Pool, Group);

    /// <summary>True for what says more than another result of the same group.</summary>
    internal bool IsNewerThan(ScrubResult? other) =>
        other is null || Request > other.Request || (Request == other.Request && EndedAt > other.EndedAt);
}

/// <summary>Blocks without a good copy.</summary>
/// <param name="Space">The space, 16 hex digits.</param>
/// <param name="Index">The object within the space.</param>
/// <param name="FirstBlock">First block within the object.</param>
/// <param name="BlockCount">Blocks.</param>
public sealed record ScrubLoss(string Space, uint Index, int FirstBlock, int BlockCount);
