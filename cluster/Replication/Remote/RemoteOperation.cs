namespace Uss.Replication;

/// <summary>What nodes ask of each other; see <c>docs/protocols/rpc.md</c>.</summary>
internal enum RemoteOperation : byte
{
    /// <summary>Asks for a lease, tells and hears of disks.</summary>
    Heartbeat = 1,

    /// <summary>Reads blocks of a member.</summary>
    ReplicaRead = 16,

    /// <summary>Writes blocks of a member.</summary>
    ReplicaWrite,

    /// <summary>Makes blocks of a member absent.</summary>
    ReplicaDiscard,

    /// <summary>Asks a member for versions and checksums.</summary>
    ReplicaDescribe,

    /// <summary>Asks a member for the objects that changed.</summary>
    ReplicaList,

    /// <summary>Asks a member to read its blocks from the medium and to tell what it found.</summary>
    ReplicaVerify,

    /// <summary>Reads blocks of a group.</summary>
    GroupRead = 32,

    /// <summary>Writes blocks of a group.</summary>
    GroupWrite,

    /// <summary>Changes bytes of a group's blocks, perhaps only if they are as expected.</summary>
    GroupModify,

    /// <summary>Makes blocks of a group absent.</summary>
    GroupDiscard,

    /// <summary>Asks a group for versions and checksums.</summary>
    GroupDescribe,

    /// <summary>Tells a primary of leftovers of its group on a disk that the group has left.</summary>
    GroupStray,

    /// <summary>Asks the primary of a group for something that it does beside: the owner of a file system.</summary>
    OwnerCall = 64,
}
