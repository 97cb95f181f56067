using Uss.Store;

namespace Uss.Replication;

/// <summary>What a node has that others may ask for.</summary>
public interface INodeContent
{
    /// <summary>Its usable disks.</summary>
    IReadOnlyList<LocalReplica> LocalDisks { get; }

    /// <summary>Group records up to this revision are known here.</summary>
    long AppliedRevision { get; }

    /// <summary>The placement group of an object, or null when its pool is not known.</summary>
    PlacementGroup? FindGroup(ObjectId id);
}
