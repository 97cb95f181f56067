namespace Uss.Volumes;

/// <summary>
/// What operators set for a node, under <c>node-settings/NAME</c>: apart from the record that the node itself writes at each
/// start, so that it outlasts starts. Without a record nothing is set.
/// </summary>
public sealed record NodeSettingsRecord
{
    /// <summary>Its disks are to give up what they hold and get nothing, disks that are added later too.</summary>
    public bool IsDraining { get; init; }

    /// <summary>It is about to be stopped for a while: other nodes' disks are primaries as far as they can be. Nothing moves.</summary>
    public bool IsInMaintenance { get; init; }

    /// <summary>The rack that it stands in: as it said at its first start, or as an operator set it since; null: see its own record.</summary>
    public string? Rack { get; init; }

    /// <summary>The site of the rack; null: see its own record.</summary>
    public string? Site { get; init; }

    /// <summary>Key of a node's settings.</summary>
    public static string KeyOf(string node) => Prefix + node;

    /// <summary>Prefix of the settings of all nodes.</summary>
    public const string Prefix = "node-settings/";
}

/// <summary>
/// Number of the topology, under <c>topology</c>. Every change of what placement maps are computed from (disks, their states,
/// settings of nodes) raises it in the same commit, so that a map that is older can be told by its number, and one condition of
/// a commit stands for everything that was read.
/// </summary>
public sealed record TopologyRecord
{
    /// <summary>Key of the record.</summary>
    public const string Key = "topology";

    /// <summary>The number, from 0.</summary>
    public long Version { get; init; }
}
