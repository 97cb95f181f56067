namespace Uss.Replication;

// Who is primary may keep state of its own beside the group's blocks, such as what it has read of them, for as long as one term lasts.
public sealed partial class PlacementGroup
{
    // Raised whenever this node begins or ends to be the primary.
    private long _term;

    /// <summary>Names the time since this node began to be the primary; another one once it has ended. Never 0 while it serves.</summary>
    public long Term => _term;

    /// <summary>
    /// True while this node is the primary in that term and nobody else can have become it: what it knows of the group's blocks is what
    /// they hold.
    /// </summary>
    public bool IsHeld(long term) => term == _term && CanRead;
}
