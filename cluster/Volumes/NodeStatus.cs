using Uss.Replication;

namespace Uss.Volumes;

/// <summary>What a node as a whole is doing.</summary>
public sealed record NodeStatus
{
    /// <summary>Placement groups.</summary>
    public required int Groups { get; init; }

    /// <summary>Of these, serving with all copies.</summary>
    public required int HealthyGroups { get; init; }

    /// <summary>Serving with fewer copies than their pool asks for.</summary>
    public required int DegradedGroups { get; init; }

    /// <summary>Not serving, since no disk that holds all their data is there.</summary>
    public required int UnavailableGroups { get; init; }

    /// <summary>Groups that wait for a disk to catch up, or that move to another disk.</summary>
    public required int ResyncingGroups { get; init; }

    /// <summary>Damaged ranges that wait to be repaired.</summary>
    public required int PendingRepairs { get; init; }

    /// <summary>Figures since the start.</summary>
    public required ReplicationCounters Counters { get; init; }
}

/// <summary>What changed on a node.</summary>
public enum NodeEventKind
{
    /// <summary>A volume can be used.</summary>
    VolumeCreated,

    /// <summary>A volume's record changed, its size for example.</summary>
    VolumeChanged,

    /// <summary>A volume is gone.</summary>
    VolumeRemoved,

    /// <summary>A file system was created, changed or removed.</summary>
    FileSystemsChanged,

    /// <summary>A disk's state changed.</summary>
    DiskChanged,

    /// <summary>Groups became healthy, degraded or unavailable; see <see cref="BlockNode.Status"/>.</summary>
    HealthChanged,

    /// <summary>An operator had a group go on from one disk; the subject is the group as <c>POOL.INDEX</c>.</summary>
    GroupForced,

    /// <summary>A scrub of a group found damage; the subject is the group as <c>POOL.INDEX</c>.</summary>
    ScrubFoundDamage,

    /// <summary>
    /// A pool gets more placement groups, since its disks have become many: each group is split in two. The subject is the pool's name.
    /// </summary>
    PoolSplit,

    /// <summary>This node was taken out of the cluster: it holds nothing that counts and is to stop. The subject is its name.</summary>
    SelfRemoved,
}

/// <summary>A change on a node.</summary>
/// <param name="Kind">What.</param>
/// <param name="Subject">Name of the volume or disk; empty where there is none.</param>
public readonly record struct NodeEvent(NodeEventKind Kind, string Subject);
