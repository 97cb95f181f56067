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

    /// <summary>Carries out what a front-end asks of the owner of a metadata space.</summary>
    /// <param name="space">The space.</param>
    /// <param name="request">What is asked, until the task completes.</param>
    /// <param name="answer">Takes the answer.</param>
    /// <returns>False when this node is not its owner, or has ceased to be it on the way: then nobody knows what was done.</returns>
    ValueTask<bool> CallOwnerAsync(ulong space, ReadOnlyMemory<byte> request, OwnerAnswer answer);

    /// <summary>How a disk is named between nodes: the first 8 bytes of its identity.</summary>
    static ulong DiskKey(Guid disk) => ReplicaArguments.KeyOf(disk);
}
