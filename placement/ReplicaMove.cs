namespace Uss.Placement;

/// <summary>One copy of a group that a change of map moves, adds or ends.</summary>
/// <param name="Group">The placement group.</param>
/// <param name="From">The disk that loses it; null when a copy is added.</param>
/// <param name="To">The disk that gets it; null when the group has one copy less than before.</param>
public readonly record struct ReplicaMove(int Group, Guid? From, Guid? To);
