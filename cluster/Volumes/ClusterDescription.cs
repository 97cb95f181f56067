using Uss.Runtime;

namespace Uss.Volumes;

/// <summary>Whether a node of the cluster can be reached.</summary>
public enum NodeReach
{
    /// <summary>Connected.</summary>
    Up,

    /// <summary>Nothing listens at its address: its process is gone.</summary>
    Down,

    /// <summary>It answers nothing, and is not known to be dead: frozen, cut off, or its machine is off.</summary>
    Silent,
}

/// <summary>A node of the cluster, as the asked one sees it.</summary>
public sealed record MemberNode
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it can be reached.</summary>
    public required NodeReach Reach { get; init; }

    /// <summary>It is connected, but answers too late again and again.</summary>
    public bool IsSlow { get; init; }

    /// <summary>Why this node and that one refuse each other, as far as this one knows; null when they do not.</summary>
    public Fault? Refusal { get; init; }

    /// <summary>Where other nodes reach it, as <c>HOST:PORT</c>; empty for a node that is alone.</summary>
    public required string Address { get; init; }

    /// <summary>The rack that it stands in.</summary>
    public required string Rack { get; init; }

    /// <summary>The site of the rack.</summary>
    public required string Site { get; init; }

    /// <summary>Placement groups whose primary is one of its disks.</summary>
    public required int PrimaryGroups { get; init; }

    /// <summary>Placement groups of which it has a copy that is in sync.</summary>
    public required int InSyncGroups { get; init; }
}

/// <summary>A disk of another node, as this one knows it.</summary>
public sealed record MemberDisk
{
    /// <summary>Identity.</summary>
    public required Guid Id { get; init; }

    /// <summary>Path or other name at its node.</summary>
    public required string Name { get; init; }

    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>Whether the node can be reached.</summary>
    public required NodeReach Reach { get; init; }

    /// <summary>How it is: <see cref="DiskState.Missing"/> also while its node cannot be reached.</summary>
    public required DiskState State { get; init; }

    /// <summary>Bytes that data can occupy.</summary>
    public required long DataBytes { get; init; }

    /// <summary>Bytes in use as its node last told; null while it tells nothing.</summary>
    public required long? UsedBytes { get; init; }

    /// <summary>How much of what belongs on it is in sync, 0 to 100.</summary>
    public required double ResyncPercent { get; init; }
}

/// <summary>How much more may fail, over all placement groups that serve.</summary>
/// <param name="FewestCopies">Copies of the group that has fewest; 0 without groups.</param>
/// <param name="FewestSpare">Copies that every group can lose and still serve.</param>
/// <param name="RecoveringGroups">Groups with a disk that is there and catches up.</param>
public readonly record struct Redundancy(int FewestCopies, int FewestSpare, int RecoveringGroups);
