namespace Uss.WebUi.Contracts;

/// <summary>A node as the API shows it.</summary>
public sealed record NodeView
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// <c>up</c>; <c>slow</c>: it answers too late again and again, so others serve what it could; <c>down</c>: its process is gone;
    /// <c>silent</c>: it answers nothing, and may be frozen, cut off or without power; <c>refused</c>: the two refuse each other. As the
    /// node sees it that was asked.
    /// </summary>
    public required string State { get; init; }

    /// <summary>Why the two refuse each other; known to the one of them that calls the other.</summary>
    public ProblemItem? Refusal { get; init; }

    /// <summary>What an operator set: <c>normal</c>, <c>draining</c>, <c>drained</c> once nothing is left on it, or
    /// <c>maintenance</c>.</summary>
    public string Mode { get; init; } = "normal";

    /// <summary>Copies of placement groups that its disks have or are to have: what a drain has still to move.</summary>
    public int Copies { get; init; }

    /// <summary>Where other nodes reach it, as <c>HOST:PORT</c>; empty for a node that is alone.</summary>
    public required string Address { get; init; }

    /// <summary>The rack that it stands in.</summary>
    public required string Rack { get; init; }

    /// <summary>The site of the rack.</summary>
    public required string Site { get; init; }

    /// <summary>Its disks.</summary>
    public required int Disks { get; init; }

    /// <summary>Bytes that data can occupy on them.</summary>
    public required long DataBytes { get; init; }

    /// <summary>Of these, bytes in use; null while the node tells nothing.</summary>
    public long? UsedBytes { get; init; }

    /// <summary>Placement groups whose primary is one of its disks.</summary>
    public required int PrimaryGroups { get; init; }

    /// <summary>Placement groups of which it has a copy that is in sync.</summary>
    public required int InSyncGroups { get; init; }

    /// <summary>It is the node that was asked.</summary>
    public required bool IsAsked { get; init; }
}

/// <summary>The cluster in the status page.</summary>
public sealed record ClusterView
{
    /// <summary>The nodes, by name.</summary>
    public required IReadOnlyList<NodeView> Nodes { get; init; }

    /// <summary>Placement groups.</summary>
    public required int Groups { get; init; }

    /// <summary>Of these, serving with all copies.</summary>
    public required int HealthyGroups { get; init; }

    /// <summary>Serving with fewer copies than their pool asks for.</summary>
    public required int DegradedGroups { get; init; }

    /// <summary>Not serving.</summary>
    public required int UnavailableGroups { get; init; }

    /// <summary>Groups with a disk that catches up.</summary>
    public required int RecoveringGroups { get; init; }

    /// <summary>Blocks of 4 KiB that the node that was asked copied to disks that came back or were added, since it started.</summary>
    public required long BlocksResynced { get; init; }

    /// <summary>Connections between nodes are encrypted.</summary>
    public bool Encrypted { get; init; }

    /// <summary>What may still fail, in words.</summary>
    public required string Redundancy { get; init; }

    /// <summary>The coordination store answers the node that was asked.</summary>
    public required bool CoordinationReachable { get; init; }
}
