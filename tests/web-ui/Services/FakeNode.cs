using Uss.Coordination;
using Uss.Runtime;
using Uss.Volumes;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>A node in memory: volumes in a list, and what was applied to its target.</summary>
internal sealed class FakeNode : INode
{
    public int DefaultCopies => 1;

    public SortedDictionary<string, NodeVolume> Volumes { get; } = new(StringComparer.Ordinal);

    public List<DiskView> Disks { get; } = [];

    public List<NodePool> Pools { get; } = [];

    public List<PoolSpecification> Asked { get; } = [];

    public NodeCluster Cluster { get; set; } = new() { Nodes = [], IsAlone = true };

    public List<SessionView> Sessions { get; } = [];

    public List<AccessRules> Applied { get; } = [];

    public IReadOnlyList<string> NfsAddresses { get; set; } = ["127.0.0.1:2049"];

    public SortedDictionary<string, NodeFileSystem> FileSystems { get; } = new(StringComparer.Ordinal);

    /// <summary>The uppermost directories that were asked for.</summary>
    public Dictionary<string, RootDirectory> Roots { get; } = new(StringComparer.Ordinal);

    public List<NfsClientView> NfsClients { get; } = [];

    public List<IReadOnlyList<ExportRecord>> AppliedExports { get; } = [];

    /// <summary>Where records of file systems go, which the node keeps in service.</summary>
    public MemoryRecords? Records { get; set; }

    public NodeDescription Describe() => new()
    {
        Version = "1.2.3",
        Started = DateTimeOffset.UnixEpoch,
        Target = "iqn.2026-11.local.uss:default",
        Portals = ["127.0.0.1:3260"],
        OpenOnLoopback = true,
        Reactor = "simulated",
    };

    public Task<IReadOnlyList<NodeFileSystem>> ListFileSystemsAsync() =>
        Task.FromResult<IReadOnlyList<NodeFileSystem>>([.. FileSystems.Values]);

    public async Task<Fault?> CreateFileSystemAsync(string name, int copies, string? pool, RootDirectory? root = null)
    {
        if (FileSystems.ContainsKey(name))
            return new Fault("file-system-exists", $"There is a file system '{name}' already.");
        FileSystems[name] = new NodeFileSystem
        {
            Name = name,
            Id = FileSystems.Count + 1,
            Pool = pool ?? $"pool{copies}",
            Copies = copies,
            State = "healthy",
            UsedBytes = 0,
            FreeBytes = 1 << 30,
            Owner = "node1",
            Created = DateTimeOffset.UnixEpoch,
        };
        Roots[name] = root ?? RootDirectory.Default;
        await PutAsync(name, 0, isRemoving: false);
        return null;
    }

    public async Task<Fault?> RenameFileSystemAsync(string name, string newName)
    {
        if (!FileSystems.Remove(name, out var renamed))
            return Faults.FileSystemNotFound(name);
        FileSystems[newName] = renamed with { Name = newName };
        await PutAsync(newName, 0, isRemoving: false);
        await Records!.CommitAsync([], [new Change(FileSystemRecord.KeyOf(name), null)]);
        return null;
    }

    public Task<Result<IReadOnlyList<QuotaView>>> ListQuotasAsync(string fileSystem) =>
        Task.FromResult(Result<IReadOnlyList<QuotaView>>.Ok([]));

    public Task<Result<ExportTop>> FindDirectoryAsync(string fileSystem, string path) => Task.FromResult<Result<ExportTop>>(
        path == "/there" ? new ExportTop { Inode = 7, Generation = 3 } : new Fault("directory-not-found", $"There is no directory {path}.", "Make it."));

    public Task<Fault?> SetQuotaAsync(string fileSystem, SetQuota quota) => Task.FromResult<Fault?>(null);

    public Task<Fault?> RemoveQuotaAsync(string fileSystem, string path) => Task.FromResult<Fault?>(null);

    public Task<Result<FileSystemCheckView>> StartCheckAsync(string fileSystem) => ShowCheckAsync(fileSystem);

    public Task<Result<FileSystemCheckView>> ShowCheckAsync(string fileSystem) =>
        Task.FromResult(Result<FileSystemCheckView>.Ok(new FileSystemCheckView { State = "never" }));

    public async Task<Fault?> RemoveFileSystemAsync(string name, IReadOnlyList<Condition> conditions)
    {
        var probe = await Records!.CommitAsync(conditions, []);
        if (probe.Status != CommitStatus.Applied)
            return new Fault("file-system-changed", $"File system '{name}' was changed meanwhile.", "Try again.");
        FileSystems[name] = FileSystems[name] with { State = "removing" };
        await PutAsync(name, null, isRemoving: true);
        return null;
    }

    public Task ApplyExportsAsync(IReadOnlyList<ExportRecord> exports)
    {
        AppliedExports.Add(exports);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<NfsClientView>> ListNfsClientsAsync() => Task.FromResult<IReadOnlyList<NfsClientView>>(NfsClients);

    private async Task PutAsync(string name, long? expected, bool isRemoving)
    {
        var record = new FileSystemRecord { Id = FileSystems[name].Id, Name = name, Pool = 1, IsRemoving = isRemoving };
        await Records!.CommitAsync(
            expected is { } revision ? [new Condition(FileSystemRecord.KeyOf(name), revision)] : [],
            [new Change(FileSystemRecord.KeyOf(name), CoordinationJson.Write(record, VolumesJson.Default.FileSystemRecord))]);
    }

    public Task<IReadOnlyList<NodeVolume>> ListVolumesAsync() => Task.FromResult<IReadOnlyList<NodeVolume>>([.. Volumes.Values]);

    public Task<Result<NodeVolume>> CreateVolumeAsync(string name, long sizeBytes, int copies, string? pool = null)
    {
        if (pool is not null && Pools.All(known => known.View.Name != pool))
            return Task.FromResult<Result<NodeVolume>>(Faults.PoolNotFound(pool));
        if (Volumes.ContainsKey(name))
            return Task.FromResult<Result<NodeVolume>>(new Fault("volume-exists", $"There is a volume '{name}' already."));
        Volumes[name] = new NodeVolume
        {
            Name = name,
            Id = "00000000000000aa",
            SizeBytes = sizeBytes,
            UsedBytes = 0,
            Copies = copies,
            Pool = pool ?? "",
            State = "healthy",
            Created = DateTimeOffset.UnixEpoch,
        };
        return Task.FromResult<Result<NodeVolume>>(Volumes[name]);
    }

    public Task<Result<RecoveryView>> PlanRecoveryAsync(string pool, int group, Guid disk) => Task.FromResult<Result<RecoveryView>>(
        group == 3
            ? new RecoveryView
            {
                Pool = pool,
                Group = group,
                From = disk.ToString(),
                Epoch = 7,
                Complete = false,
                InSync = [],
                Volumes = [],
            }
            : new Fault("group-serves", "It serves."));

    public Task<Result<RecoveryView>> RecoverAsync(string pool, int group, Guid disk, uint epoch) => PlanRecoveryAsync(pool, group, disk);

    public List<(string? Pool, int? Group)> ScrubsStarted { get; } = [];

    public Task<IReadOnlyList<ScrubView>> ListScrubsAsync() => Task.FromResult<IReadOnlyList<ScrubView>>(
    [
        .. Pools.SelectMany(pool => Enumerable.Range(0, pool.View.Groups).Select(group =>
            new ScrubView { Pool = pool.View.Name, Group = group, State = "never" })),
    ]);

    public Task<Result<int>> StartScrubAsync(string? pool, int? group)
    {
        ScrubsStarted.Add((pool, group));
        return Task.FromResult(Result<int>.Ok(1));
    }

    public Task<Result<NodeVolume>> ResizeVolumeAsync(string name, long sizeBytes)
    {
        if (!Volumes.TryGetValue(name, out var volume))
            return Task.FromResult<Result<NodeVolume>>(Faults.VolumeNotFound(name));
        Volumes[name] = volume with { SizeBytes = sizeBytes };
        return Task.FromResult<Result<NodeVolume>>(Volumes[name]);
    }

    public Task<Fault?> RemoveVolumeAsync(string name) => Task.FromResult(Volumes.Remove(name) ? null : Faults.VolumeNotFound(name));

    public Task<IReadOnlyList<DiskView>> ListDisksAsync() => Task.FromResult<IReadOnlyList<DiskView>>(Disks);

    public Task<IReadOnlyList<NodePool>> ListPoolsAsync() => Task.FromResult<IReadOnlyList<NodePool>>(Pools);

    public Task<Result<NodePool>> CreatePoolAsync(PoolSpecification specification)
    {
        Asked.Add(specification);
        return Task.FromResult<Result<NodePool>>(Pools[0]);
    }

    public async Task<Result<NodePool>> ChangePoolAsync(string name, int? copies, int? minimumCopies)
    {
        await Note($"pool {name} {copies} {minimumCopies}");
        return Pools[0];
    }

    public Task<Fault?> RemovePoolAsync(string name) => Note($"remove pool {name}");

    public List<NodeGroup> Groups { get; } = [];

    /// <summary>Changes of disks and nodes that got through, as text.</summary>
    public List<string> Changed { get; } = [];

    public Task<IReadOnlyList<NodeGroup>> ListGroupsAsync() => Task.FromResult<IReadOnlyList<NodeGroup>>(Groups);

    public Task<Fault?> DrainNodeAsync(string node, bool isDraining) => Note($"drain node {node} {isDraining}");

    public Task<Fault?> SetMaintenanceAsync(string node, bool isOn) => Note($"maintenance {node} {isOn}");

    public Task<Fault?> RemoveNodeAsync(string node) => Note($"remove node {node}");

    public Task<Fault?> DrainDiskAsync(Guid disk, bool isDraining) => Note($"drain disk {disk:N} {isDraining}");

    public Task<Fault?> SetDiskClassAsync(Guid disk, string? diskClass) => Note($"class {disk:N} {diskClass}");

    public Task<Fault?> SetPlaceAsync(string node, string? rack, string? site) => Note($"place {node} {rack ?? "-"} {site ?? "-"}");

    public Task<Fault?> RemoveDiskAsync(Guid disk) => Note($"remove disk {disk:N}");

    public async Task<Result<DiskView>> AddDiskAsync(AddDisk request, Guid? replaces)
    {
        await Note($"add {request.Path} for {replaces?.ToString("N") ?? "nothing"}");
        return new DiskView { Name = "new", Path = request.Path, State = "healthy" };
    }

    private Task<Fault?> Note(string change)
    {
        Changed.Add(change);
        return Task.FromResult<Fault?>(null);
    }

    public Task<NodeCluster> DescribeClusterAsync() => Task.FromResult(Cluster);

    public Task<IReadOnlyList<SessionView>> ListSessionsAsync() => Task.FromResult<IReadOnlyList<SessionView>>(Sessions);

    public Task ApplyAccessAsync(AccessRules rules)
    {
        Applied.Add(rules);
        return Task.CompletedTask;
    }

    /// <summary>A node of a cluster; n1 is the one that is asked.</summary>
    public static NodeView NodeOf(string name, string state) => new()
    {
        Name = name,
        State = state,
        Address = "10.0.0.1:7400",
        Rack = "rack",
        Site = "site",
        Disks = 1,
        DataBytes = 1,
        PrimaryGroups = 1,
        InSyncGroups = 1,
        IsAsked = name == "n1",
    };
}
