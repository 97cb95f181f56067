namespace Uss.Placement;

/// <summary>What a disk may be given. Whether it answers at the moment is not the map's business: nothing moves because a
/// disk is away.</summary>
public enum DiskState
{
    /// <summary>It gets its share.</summary>
    Normal,

    /// <summary>It gets nothing, and what it has moves away as far as other disks can take it.</summary>
    Draining,
}
