namespace Uss.Target.Scsi;

/// <summary>Space that a thin volume occupies, and what its pool has left for it, in bytes.</summary>
/// <param name="UsedBytes">Occupied.</param>
/// <param name="AvailableBytes">Left.</param>
public readonly record struct ThinUsage(long UsedBytes, long AvailableBytes);

/// <summary>Finds a volume's usage by its name; null when it is not known.</summary>
public delegate ThinUsage? ThinUsageLookup(string volumeName);
