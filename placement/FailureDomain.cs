namespace Uss.Placement;

/// <summary>What no two copies of a block may share.</summary>
public enum FailureDomain
{
    /// <summary>Copies are on different disks.</summary>
    Disk,

    /// <summary>Copies are on different nodes.</summary>
    Node,

    /// <summary>Copies are in different racks.</summary>
    Rack,

    /// <summary>Copies are at different sites.</summary>
    Site,
}
