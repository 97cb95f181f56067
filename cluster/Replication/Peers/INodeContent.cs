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
}
