using Uss.Runtime;
using Uss.Volumes.Addresses;

namespace Uss.Host.Serve;

/// <summary>What <c>uss serve</c> was asked for.</summary>
internal sealed record ServeOptions
{
    public const string TargetIqn = "iqn.2026-11.local.uss:default";
    public const string DefaultIscsi = "127.0.0.1:3260";
    public const string DefaultWeb = "127.0.0.1:8080";
    public const string DefaultNfs = "127.0.0.1:2049";
    public const int DefaultDisks = 2;
    public const string DefaultDiskSize = "20G";
    public const int NfsPort = 2049;
    public const int PortMapperPort = 111;
    public const string NoNfs = "none";
    public const string DemoVolume = "demo";
    public const string DefaultFileSystem = "default";
    public const long DemoVolumeBytes = 10L << 30;

    public required DataFolder Folder { get; init; }

    /// <summary>Where the iSCSI target listens.</summary>
    public required IReadOnlyList<Endpoint> Iscsi { get; init; }

    /// <summary>Where the NFS server listens; empty: nowhere.</summary>
    public IReadOnlyList<Endpoint> Nfs { get; init; } = [];

    /// <summary>Addresses of the cluster whose home this node is: others serve them while it cannot.</summary>
    public IReadOnlyList<ServiceAddress> ServiceAddresses { get; init; } = [];

    /// <summary>Whether it is a port mapper, too.</summary>
    public PortMapperUse PortMapper { get; init; }

    /// <summary>File-backed disks in the data folder; null: not given.</summary>
    public int? Disks { get; init; }

    /// <summary>Size of a new file-backed disk in bytes.</summary>
    public required long DiskSizeBytes { get; init; }

    /// <summary>Disks given by path: block devices or files.</summary>
    public IReadOnlyList<string> DiskPaths { get; init; } = [];

    /// <summary>Format disks that hold something else.</summary>
    public bool Format { get; init; }

    /// <summary>Initiators to let in, as rules that stay.</summary>
    public IReadOnlyList<string> Initiators { get; init; } = [];

    /// <summary>CHAP user of these rules.</summary>
    public string? ChapUser { get; init; }

    /// <summary>File that holds the CHAP secret of these rules.</summary>
    public string? ChapSecretFile { get; init; }

    /// <summary>Also loopback asks for a rule.</summary>
    public bool RequireRule { get; init; }

    /// <summary>The cluster that the node serves in; null: it is alone.</summary>
    public ClusterMembership? Cluster { get; init; }

    /// <summary>Options that have no effect yet, as they were given.</summary>
    public IReadOnlyList<string> WithoutEffect { get; init; } = [];

    /// <summary>All portals are on loopback, so that nobody else can reach the target.</summary>
    public bool IsLoopbackOnly => Iscsi.All(portal => portal.IsLoopback);
}
