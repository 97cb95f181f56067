using Uss.Store;

namespace Uss.Replication;

/// <summary>What a node has that others may ask for.</summary>
public interface INodeContent
{
    /// <summary>Its usable disks.</summary>
    IReadOnlyList<LocalReplica> LocalDisks { get; }

    /// <summary>Group records up to this revision are known here.</summary>
    long AppliedRevision { get; }

    /// <summary>Whether a space was removed: what comes for it too late is dropped.</summary>
    bool IsRemoved(ulong space);

    /// <summary>The placement group of an object, or null when its pool is not known.</summary>
    PlacementGroup? FindGroup(ObjectId id);

    /// <summary>A disk holds something of a group that has left it, as its node says.</summary>
    /// <param name="group">The group.</param>
    /// <param name="diskKey">See <see cref="DiskKey"/>.</param>
    void NoteStray(PlacementGroup group, ulong diskKey);

    /// <summary>How a disk is named between nodes: the first 8 bytes of its identity.</summary>
    static ulong DiskKey(Guid disk) => ReplicaArguments.KeyOf(disk);
}
