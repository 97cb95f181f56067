namespace Uss.Replication;

/// <summary>Where the disks of a cluster are.</summary>
public interface IGroupCluster
{
    /// <summary>The other node that a disk is attached to; null for this node and for a disk that is not known.</summary>
    Peer? NodeOf(Guid disk);

    /// <summary>True for a disk of this node.</summary>
    bool IsLocal(Guid disk);
}
