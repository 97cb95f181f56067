namespace Uss.Replication;

/// <summary>Under whose authority a member changes data; members refuse stamps older than the newest that they have seen.</summary>
/// <param name="Group">The placement group.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Groups">The number of groups that it is one of: it has the objects that are its own among so many.</param>
/// <param name="CleanVersion">Every write up to this version is on all in-sync members: what a member need not compare
/// when it becomes primary.</param>
/// <param name="Operation">The front-end's operation that the change is for; 0 for none, <see cref="Untold"/>.</param>
public readonly record struct GroupStamp(PlacementGroupId Group, uint Epoch, int Groups, ulong CleanVersion = 0, ulong Operation = 0)
{
    /// <summary>An <see cref="Operation"/> that is not remembered: a front-end's, on a disk that does not count yet.</summary>
    public const ulong Untold = ulong.MaxValue;
}
