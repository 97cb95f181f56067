namespace Uss.Replication;

/// <summary>Figures of the placement groups of a reactor since it started.</summary>
public sealed class ReplicationCounters
{
    /// <summary>Blocks read from another copy because the first one was damaged.</summary>
    public long BlocksHealed { get; internal set; }

    /// <summary>Damaged blocks overwritten with good data.</summary>
    public long BlocksRepaired { get; internal set; }

    /// <summary>Blocks that no in-sync member had good data for, counted at each read.</summary>
    public long BlocksLost { get; internal set; }

    /// <summary>Blocks copied to members that came back or were added.</summary>
    public long BlocksResynced { get; internal set; }

    /// <summary>Objects compared between members.</summary>
    public long ObjectsCompared { get; internal set; }

    /// <summary>Objects discarded on disks that a group had left.</summary>
    public long ObjectsPurged { get; internal set; }

    /// <summary>Members removed from in-sync sets because they failed.</summary>
    public long MembersRemoved { get; internal set; }

    /// <summary>Members added to in-sync sets.</summary>
    public long MembersAdded { get; internal set; }

    /// <summary>Times that a node that was too slow to serve named another one the primary.</summary>
    public long GroupsResigned { get; internal set; }

    /// <summary>Members that took the place of missing ones before a group with too few could serve.</summary>
    public long MembersSubstituted { get; internal set; }
}
