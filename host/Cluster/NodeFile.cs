using Uss.Host.Serve;
using Uss.Runtime;

namespace Uss.Host.Cluster;

/// <summary>
/// What a node on a machine of its own was set up with, in its data folder: <c>uss node --data DIR</c> needs no more.
/// Options of the command line go first.
/// </summary>
internal sealed record NodeFile
{
    public required string Name { get; init; }

    /// <summary>Where other nodes reach it, as <c>HOST:PORT</c>.</summary>
    public required string Listen { get; init; }

    /// <summary>Client URLs of etcd's members.</summary>
    public required IReadOnlyList<string> Etcd { get; init; }

    public string Rack { get; init; } = "rack";

    public string Site { get; init; } = "site";

    /// <summary>Where its target listens, as <c>HOST:PORT</c>; empty: the default.</summary>
    public IReadOnlyList<string> Iscsi { get; init; } = [];

    /// <summary>What it was given when it joined.</summary>
    public required Guid MemberId { get; init; }

    /// <summary>It made the cluster.</summary>
    public bool IsFounder { get; init; }

    /// <summary>The file of a data folder.</summary>
    public static string PathIn(DataFolder folder) => Path.Combine(folder.Path, "node.json");

    /// <summary>What a data folder's file says; null when there is none.</summary>
    public static Result<NodeFile?> Read(DataFolder folder) => ClusterFiles.Read(PathIn(folder), ClusterFilesJson.Default.NodeFile);

    /// <summary>Writes identity and set-up into a data folder that has neither.</summary>
    public Fault? Write(DataFolder folder, ClusterIdentity identity)
    {
        if (CheckUnused(folder) is { } used)
            return used;

        // The set-up comes last: with it the folder is complete.
        return ClusterFiles.Write(new ClusterFolder(folder).IdentityFile, identity, ClusterFilesJson.Default.ClusterIdentity)
            ?? ClusterFiles.Write(PathIn(folder), this, ClusterFilesJson.Default.NodeFile);
    }

    /// <summary>Checks that a data folder holds no node, cluster or service yet, and that it can be written.</summary>
    public static Fault? CheckUnused(DataFolder folder)
    {
        OwnerOnly.Apply();
        if (folder.Prepare() is { } unusable)
            return unusable;
        var cluster = new ClusterFolder(folder);
        var present = File.Exists(PathIn(folder)) ? "a node of a cluster"
            : File.Exists(cluster.LayoutFile) ? "a cluster on one machine"
            : cluster.HoldsSingleNode() ? "the service of a single node"
            : null;
        return present is null ? null : new Fault(
            "data-in-use",
            $"The data folder {folder.Path} holds {present} already.",
            "Give another folder with --data DIR; a node that is set up is started with `uss node --data DIR`.");
    }
}
