using Uss.Coordination;
using Uss.Placement;
using Uss.Runtime;
using Uss.Volumes;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>
/// What the application services need of the running node. The program implements it over volumes, stores and the
/// iSCSI target, which this room does not see. Every method may be called from any thread.
/// </summary>
public interface INode
{
    /// <summary>What does not change while the node runs.</summary>
    NodeDescription Describe();

    /// <summary>All volumes, by name.</summary>
    Task<IReadOnlyList<NodeVolume>> ListVolumesAsync();

    /// <summary>Copies of a volume when nothing else is asked for.</summary>
    int DefaultCopies { get; }

    /// <summary>Creates a volume. Faults: a name that exists, a size or number of copies that cannot be had.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="sizeBytes">Its size.</param>
    /// <param name="copies">Copies of each block; left aside where a pool is named.</param>
    /// <param name="pool">The pool; null: the one for that number of copies.</param>
    Task<Result<NodeVolume>> CreateVolumeAsync(string name, long sizeBytes, int copies, string? pool = null);

    /// <summary>All pools, in the order in which they were made.</summary>
    Task<IReadOnlyList<NodePool>> ListPoolsAsync();

    /// <summary>Creates a pool. Faults: a name that is taken or cannot be, the placement rule that fails.</summary>
    Task<Result<NodePool>> CreatePoolAsync(PoolSpecification specification);

    /// <summary>Changes a pool's numbers of copies, null: as they are. Faults: numbers that cannot be, the rule that fails.</summary>
    Task<Result<NodePool>> ChangePoolAsync(string name, int? copies, int? minimumCopies);

    /// <summary>Removes a pool without volumes. Null when done.</summary>
    Task<Fault?> RemovePoolAsync(string name);

    /// <summary>What a forced recovery would do. Faults: it is not needed, not possible, or there is a better copy.</summary>
    Task<Result<RecoveryView>> PlanRecoveryAsync(string pool, int group, Guid disk);

    /// <summary>Forces a group to go on from a disk. Faults: as above, or it has changed since the plan.</summary>
    Task<Result<RecoveryView>> RecoverAsync(string pool, int group, Guid disk, uint epoch);

    /// <summary>How the scrubs of all placement groups stand.</summary>
    Task<IReadOnlyList<ScrubView>> ListScrubsAsync();

    /// <summary>Asks for a scrub. Faults: no such pool or group.</summary>
    /// <param name="pool">Name of the pool; null: all.</param>
    /// <param name="group">The group within the pool; null: all.</param>
    /// <returns>How many groups.</returns>
    Task<Result<int>> StartScrubAsync(string? pool, int? group);

    /// <summary>Grows a volume. Faults: no such volume, a smaller size.</summary>
    Task<Result<NodeVolume>> ResizeVolumeAsync(string name, long sizeBytes);

    /// <summary>Removes a volume and its data. Null when done.</summary>
    Task<Fault?> RemoveVolumeAsync(string name);

    /// <summary>All disks of all nodes, by node and name, damaged and missing ones included.</summary>
    Task<IReadOnlyList<DiskView>> ListDisksAsync();

    /// <summary>All nodes, by name, and how the placement groups are.</summary>
    Task<NodeCluster> DescribeClusterAsync();

    /// <summary>All placement groups, by pool and index: who has their copies, as this node knows it.</summary>
    Task<IReadOnlyList<NodeGroup>> ListGroupsAsync();

    /// <summary>Has the disks of a node give up what they hold, or take their share again. Null when it is settled.</summary>
    Task<Fault?> DrainNodeAsync(string node, bool isDraining);

    /// <summary>Has other nodes' disks be primaries in place of a node's, or ends that. Null when it is settled.</summary>
    Task<Fault?> SetMaintenanceAsync(string node, bool isOn);

    /// <summary>Takes a node with its disks out of the records. Faults: copies on it.</summary>
    Task<Fault?> RemoveNodeAsync(string node);

    /// <summary>Has a disk give up what it holds, or take its share again. Null when it is settled.</summary>
    Task<Fault?> DrainDiskAsync(Guid disk, bool isDraining);

    /// <summary>Gives a disk another class, null for none. Faults: the rule of placement that would fail.</summary>
    Task<Fault?> SetDiskClassAsync(Guid disk, string? diskClass);

    /// <summary>Tells where a node stands; null: as it was. Faults: the rule of placement that would fail.</summary>
    Task<Fault?> SetPlaceAsync(string node, string? rack, string? site);

    /// <summary>Takes a disk out of the records. Faults: copies on it.</summary>
    Task<Fault?> RemoveDiskAsync(Guid disk);

    /// <summary>Gives this node another disk. Faults: it cannot be opened or holds something else.</summary>
    /// <param name="request">The disk.</param>
    /// <param name="replaces">A disk that gives up what it holds from the same moment on.</param>
    Task<Result<DiskView>> AddDiskAsync(AddDisk request, Guid? replaces);

    /// <summary>Logged-in sessions.</summary>
    Task<IReadOnlyList<SessionView>> ListSessionsAsync();

    /// <summary>Applies LUN maps and initiator rules to the target, without dropping sessions that stay allowed.</summary>
    Task ApplyAccessAsync(AccessRules rules);

    /// <summary>Where the NFS server listens; empty: nowhere, or not yet.</summary>
    IReadOnlyList<string> NfsAddresses { get; }

    /// <summary>All file systems, by name.</summary>
    Task<IReadOnlyList<NodeFileSystem>> ListFileSystemsAsync();

    /// <summary>Creates an empty file system. Faults: a name that is taken or cannot be, no such pool.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="copies">Copies of each block; left aside where a pool is named.</param>
    /// <param name="pool">The pool; null: the one for that number of copies.</param>
    /// <param name="root">Its uppermost directory; null: one that everybody may use.</param>
    Task<Fault?> CreateFileSystemAsync(string name, int copies, string? pool, RootDirectory? root = null);

    /// <summary>Gives a file system another name. Null when done. Faults: none of that name, a name that is taken or cannot be.</summary>
    Task<Fault?> RenameFileSystemAsync(string name, string newName);

    /// <summary>Begins to remove a file system. Null when it is begun. Faults: none of that name, a condition that does not hold.</summary>
    Task<Fault?> RemoveFileSystemAsync(string name, IReadOnlyList<Condition> conditions);

    /// <summary>The quotas of a file system. Faults: none of that name, its owner does not answer.</summary>
    Task<Result<IReadOnlyList<QuotaView>>> ListQuotasAsync(string fileSystem);

    /// <summary>The directory of a file system that a path leads to. Faults: none of that name, no such directory.</summary>
    Task<Result<ExportTop>> FindDirectoryAsync(string fileSystem, string path);

    /// <summary>Gives a directory a quota, or changes it. Null when done. Faults: no such directory, one with a quota above it.</summary>
    Task<Fault?> SetQuotaAsync(string fileSystem, SetQuota quota);

    /// <summary>Takes a quota away. Null when done.</summary>
    Task<Fault?> RemoveQuotaAsync(string fileSystem, string path);

    /// <summary>Begins a check of a file system, unless one is under way. Faults: none of that name, its owner does not answer.</summary>
    Task<Result<FileSystemCheckView>> StartCheckAsync(string fileSystem);

    /// <summary>How the check of a file system stands.</summary>
    Task<Result<FileSystemCheckView>> ShowCheckAsync(string fileSystem);

    /// <summary>Applies exports to the NFS server.</summary>
    Task ApplyExportsAsync(IReadOnlyList<ExportRecord> exports);

    /// <summary>Who has mounted what through this node, as far as it knows.</summary>
    Task<IReadOnlyList<NfsClientView>> ListNfsClientsAsync();
}

/// <summary>A file system as the node knows it.</summary>
public sealed record NodeFileSystem
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its number.</summary>
    public required int Id { get; init; }

    /// <summary>Name of its pool.</summary>
    public required string Pool { get; init; }

    /// <summary>Copies of each block.</summary>
    public required int Copies { get; init; }

    /// <summary><c>healthy</c>, <c>failed</c> or <c>removing</c>.</summary>
    public required string State { get; init; }

    /// <summary>Why it is not healthy and what to do; null when it is.</summary>
    public ProblemItem? Problem { get; init; }

    /// <summary>Bytes that it takes, in one copy.</summary>
    public required long UsedBytes { get; init; }

    /// <summary>Bytes that its pool has left, in one copy.</summary>
    public required long FreeBytes { get; init; }

    /// <summary>The node that does its operations; null while nobody does.</summary>
    public string? Owner { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset Created { get; init; }
}

/// <summary>What does not change while a node runs.</summary>
public sealed record NodeDescription
{
    /// <summary>Version of the program.</summary>
    public required string Version { get; init; }

    /// <summary>When it started to serve.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>iSCSI qualified name of the target.</summary>
    public required string Target { get; init; }

    /// <summary>Where the target listens.</summary>
    public required IReadOnlyList<string> Portals { get; init; }

    /// <summary>Initiators without a rule of their own may log in over loopback without CHAP.</summary>
    public required bool OpenOnLoopback { get; init; }

    /// <summary>Which reactor runs: <c>io_uring</c> or <c>portable</c>.</summary>
    public required string Reactor { get; init; }
}

/// <summary>A pool with its placement, as the node knows them.</summary>
/// <param name="View">The pool.</param>
/// <param name="Policy">How its data is to be spread.</param>
/// <param name="Map">Where its copies belong.</param>
/// <param name="Topology">All disks, those that are away included.</param>
public sealed record NodePool(PoolView View, PoolPolicy Policy, PlacementMap Map, Topology Topology)
{
    /// <summary>Copies of groups a disk, on average, below which its groups are split in two; 0: never.</summary>
    public int SplitBelowCopies { get; init; }
}

/// <summary>A placement group as the node knows it.</summary>
public sealed record NodeGroup
{
    /// <summary>Name of its pool.</summary>
    public required string Pool { get; init; }

    /// <summary>Its number in the pool.</summary>
    public required int Index { get; init; }

    /// <summary>Disks that the placement map wants.</summary>
    public required IReadOnlyList<Guid> Row { get; init; }

    /// <summary>Disks that hold every acknowledged write.</summary>
    public required IReadOnlyList<Guid> InSync { get; init; }

    /// <summary>Those of them that can be reached and work.</summary>
    public required IReadOnlyList<Guid> Usable { get; init; }

    /// <summary>The disk that orders its operations; null while it is not known.</summary>
    public Guid? Primary { get; init; }

    /// <summary>Copies without which it does not serve.</summary>
    public required int MinimumCopies { get; init; }
}

/// <summary>The cluster as the node sees it.</summary>
public sealed record NodeCluster
{
    /// <summary>The nodes, by name, this one included.</summary>
    public required IReadOnlyList<NodeView> Nodes { get; init; }

    /// <summary>The node is alone: there is no cluster to speak of.</summary>
    public required bool IsAlone { get; init; }

    /// <summary>Connections between nodes are encrypted.</summary>
    public bool IsEncrypting { get; init; }

    /// <summary>Placement groups.</summary>
    public int Groups { get; init; }

    /// <summary>Of these, serving with all copies.</summary>
    public int HealthyGroups { get; init; }

    /// <summary>Serving with fewer copies than their pool asks for.</summary>
    public int DegradedGroups { get; init; }

    /// <summary>Not serving.</summary>
    public int UnavailableGroups { get; init; }

    /// <summary>Groups with a disk that catches up.</summary>
    public int RecoveringGroups { get; init; }

    /// <summary>Blocks of 4 KiB that this node copied to disks that came back or were added, since it started.</summary>
    public long BlocksResynced { get; init; }

    /// <summary>Copies of the group that has fewest, of those that serve; 0 without groups.</summary>
    public int FewestCopies { get; init; }

    /// <summary>Copies that each of these groups can lose and still serve.</summary>
    public int FewestSpare { get; init; }
}

/// <summary>A volume as the node knows it.</summary>
public sealed record NodeVolume
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Identity, 16 hex digits.</summary>
    public required string Id { get; init; }

    /// <summary>Size in bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Bytes of it that hold data, in one copy.</summary>
    public required long UsedBytes { get; init; }

    /// <summary>Copies of each block.</summary>
    public required int Copies { get; init; }

    /// <summary>Name of its pool.</summary>
    public string Pool { get; init; } = "";

    /// <summary><c>healthy</c>, <c>degraded</c> or <c>failed</c>.</summary>
    public required string State { get; init; }

    /// <summary>Why it is not healthy and what to do; null when it is.</summary>
    public ProblemItem? Problem { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset Created { get; init; }
}

/// <summary>Who may log in and who sees what, secrets included. Never logged, never returned by the API.</summary>
/// <param name="Luns">LUN mappings.</param>
/// <param name="Initiators">Initiator rules.</param>
public sealed record AccessRules(IReadOnlyList<LunRecord> Luns, IReadOnlyList<InitiatorRecord> Initiators);
