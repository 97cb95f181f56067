namespace Uss.Replication;

/// <summary>Under whose authority a member changes data; members refuse stamps older than the newest that they have seen.</summary>
/// <param name="Group">The placement group.</param>
/// <param name="Epoch">Its epoch.</param>
public readonly record struct GroupStamp(PlacementGroupId Group, uint Epoch);
