namespace Uss.Replication;

/// <summary>A disk in the configuration of one placement group.</summary>
internal sealed class GroupMember(IReplica replica)
{
    public IReplica Replica { get; } = replica;

    public Guid DiskId => Replica.DiskId;

    /// <summary>Set once the member failed a change or is gone: it gets nothing more and is on its way out of the in-sync set.</summary>
    public bool IsFailed { get; set; }
}
