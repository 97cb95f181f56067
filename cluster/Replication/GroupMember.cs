namespace Uss.Replication;

/// <summary>How a disk takes part in a placement group.</summary>
internal enum MemberRole
{
    /// <summary>Gets all new changes and catches up with the old ones; may be dropped without asking anybody.</summary>
    Joining,

    /// <summary>A change that puts it in sync is being committed: it counts as in sync already, but is not read from.</summary>
    Admitting,

    /// <summary>Holds every acknowledged change.</summary>
    InSync,

    /// <summary>Gets nothing more.</summary>
    Gone,
}

/// <summary>A disk in the configuration of one placement group.</summary>
internal sealed class GroupMember(IReplica replica, MemberRole role)
{
    private readonly Peer? _peer = replica.Peer;

    public IReplica Replica { get; } = replica;

    /// <summary>
    /// Until when, on this reactor's monotonic clock, the member has promised not to help anybody else to become primary.
    /// Never ends for a disk of this node.
    /// </summary>
    public long LeaseUntilNs => _peer is { } peer ? peer.LeaseUntilNs : long.MaxValue;

    public Guid DiskId => Replica.DiskId;

    public MemberRole Role { get; set; } = role;

    /// <summary>Set once the member failed a change or is lost: it gets nothing more and is on its way out.</summary>
    public bool IsFailed { get; set; }

    /// <summary>
    /// Set before it is admitted: from then on changes are answered only once it has them, too.
    /// </summary>
    public bool MustAnswer { get; set; }

    /// <summary>True while changes are answered without it.</summary>
    public bool MayLag => Role == MemberRole.Joining && !MustAnswer;

    /// <summary>Objects that a resync of it has to compare.</summary>
    public long ObjectsToCompare { get; set; }

    /// <summary>Of these, objects done.</summary>
    public long ObjectsCompared { get; set; }

    /// <summary>
    /// The stamp for it: of what is on a disk that catches up, its node must not tell later that it has taken effect, though another
    /// disk of that node may count.
    /// </summary>
    public GroupStamp StampOf(in GroupStamp stamp) =>
        Role == MemberRole.Joining ? stamp with { Operation = GroupStamp.Untold } : stamp;

    /// <summary>True while it must be taken out by a committed change before anything is acknowledged without it.</summary>
    public bool MustBeRemoved => IsFailed && Role is (MemberRole.InSync or MemberRole.Admitting);
}
