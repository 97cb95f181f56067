using System.Text;
using Serilog;
using Serilog.Events;
using Uss.Coordination;
using Uss.NfsFrontend.Administration;
using Uss.Runtime;
using Uss.Target;
using Uss.Target.Iscsi;
using Uss.Target.Scsi;
using Uss.Volumes;
using Uss.WebUi.Contracts;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>
/// The running node as the application services see it: each call hops to the reactor that owns volumes and target.
/// </summary>
/// <param name="reactor">The reactor.</param>
/// <param name="block">The block layer on it.</param>
/// <param name="disks">The disks that it was given.</param>
/// <param name="log">Hears of disks and volumes that change for the worse or the better.</param>
internal sealed class Node(Reactor reactor, BlockNode block, DiskPlan disks, ILogger log) : INode
{
    private const long HealthLogDelayNs = 2_000_000_000;

    private readonly SpaceWatch _space = new(reactor, block, log);
    private NodeStatus? _lastStatus;
    private bool _isHealthLogDue;
    private ScsiDevice? _device;
    private IscsiTarget? _target;
    private TargetConfiguration _configuration = new() { Iqn = ServeOptions.TargetIqn };
    private NfsService? _nfs;
    private NodeDescription? _description;
    private readonly TaskCompletionSource _removed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when somebody takes this node out of the cluster.</summary>
    public Task Removed => _removed.Task;

    /// <inheritdoc/>
    public NodeDescription Describe() => _description ?? throw new InvariantException("the node does not serve yet");

    /// <summary>How full the disks are, for the device.</summary>
    public SpaceWatch Space => _space;

    /// <summary>Connects the target, on the reactor: from here on changes of volumes and access reach it.</summary>
    public void Attach(ScsiDevice device, IscsiTarget target, TargetConfiguration configuration)
    {
        Invariant.Check(reactor.IsCurrent);
        _device = device;
        _target = target;
        _configuration = configuration;
        device.ApplyConfiguration(configuration, block.Volumes.Find);
        block.Changed += OnChanged;
        if (block.IsRemoved)
            _removed.TrySetResult();
        _lastStatus = block.Status;
        _space.Start(device, () => _configuration);
    }

    /// <summary>Connects the NFS server, on the reactor: from here on changes of exports reach it.</summary>
    public void Attach(NfsService nfs)
    {
        Invariant.Check(reactor.IsCurrent);
        _nfs = nfs;
    }

    /// <summary>Sets what <see cref="Describe"/> returns, once the portals are known.</summary>
    public void Serves(NodeDescription description) => _description = description;

    /// <inheritdoc/>
    public Task<IReadOnlyList<NodeVolume>> ListVolumesAsync() =>
        reactor.InvokeAsync(() => ValueTask.FromResult(VolumeStates.Of(block, Disks())));

    /// <inheritdoc/>
    public int DefaultCopies => block.Peers is { } peers ? Math.Min(peers.All.Count + 1, ClusterMembership.DefaultCopies) : 1;

    /// <inheritdoc/>
    public Task<Result<NodeVolume>> CreateVolumeAsync(string name, long sizeBytes, int copies, string? pool = null) =>
        reactor.InvokeAsync(async () => Translate(await block.Volumes.CreateAsync(
            new VolumeSpecification { Name = name, SizeBytes = sizeBytes, Copies = copies, Pool = pool })));

    /// <inheritdoc/>
    public Task<IReadOnlyList<NodePool>> ListPoolsAsync() => reactor.InvokeAsync(() => ValueTask.FromResult(PoolViews.Of(block)));

    /// <inheritdoc/>
    public Task<Result<NodePool>> CreatePoolAsync(PoolSpecification specification) => reactor.InvokeAsync(async () =>
    {
        var created = await block.CreatePoolAsync(specification);
        return created.IsOk ? Result<NodePool>.Ok(PoolViews.Of(created.Value, block)) : created.Fault;
    });

    /// <inheritdoc/>
    public Task<Result<NodePool>> ChangePoolAsync(string name, int? copies, int? minimumCopies) => reactor.InvokeAsync(async () =>
    {
        var changed = await block.ChangePoolAsync(name, copies, minimumCopies);
        return changed.IsOk ? Result<NodePool>.Ok(PoolViews.Of(changed.Value, block)) : changed.Fault;
    });

    /// <inheritdoc/>
    public Task<Fault?> RemovePoolAsync(string name) => reactor.InvokeAsync(() => block.RemovePoolAsync(name));

    /// <inheritdoc/>
    public Task<Result<RecoveryView>> PlanRecoveryAsync(string pool, int group, Guid disk) =>
        reactor.InvokeAsync(() => RecoveryViews.PlanAsync(block, Disks(), pool, group, disk));

    /// <inheritdoc/>
    public Task<Result<RecoveryView>> RecoverAsync(string pool, int group, Guid disk, uint epoch) =>
        reactor.InvokeAsync(() => RecoveryViews.RecoverAsync(block, Disks(), pool, group, disk, epoch));

    /// <inheritdoc/>
    public Task<IReadOnlyList<ScrubView>> ListScrubsAsync() => reactor.InvokeAsync(() => ValueTask.FromResult(ScrubViews.Of(block)));

    /// <inheritdoc/>
    public Task<Result<int>> StartScrubAsync(string? pool, int? group) => reactor.InvokeAsync(() => block.RequestScrubAsync(pool, group));

    /// <inheritdoc/>
    public Task<IReadOnlyList<NodeGroup>> ListGroupsAsync() => reactor.InvokeAsync(() => ValueTask.FromResult(PoolViews.GroupsOf(block)));

    /// <inheritdoc/>
    public Task<Fault?> DrainNodeAsync(string node, bool isDraining) => reactor.InvokeAsync(() => block.DrainNodeAsync(node, isDraining));

    /// <inheritdoc/>
    public Task<Fault?> SetMaintenanceAsync(string node, bool isOn) => reactor.InvokeAsync(() => block.SetMaintenanceAsync(node, isOn));

    /// <inheritdoc/>
    public Task<Fault?> RemoveNodeAsync(string node) => reactor.InvokeAsync(() => block.RemoveNodeAsync(node));

    /// <inheritdoc/>
    public Task<Fault?> DrainDiskAsync(Guid disk, bool isDraining) => reactor.InvokeAsync(() => block.DrainDiskAsync(disk, isDraining));

    /// <inheritdoc/>
    public Task<Fault?> SetDiskClassAsync(Guid disk, string? diskClass) =>
        reactor.InvokeAsync(() => block.SetDiskClassAsync(disk, diskClass));

    /// <inheritdoc/>
    public Task<Fault?> SetPlaceAsync(string node, string? rack, string? site) =>
        reactor.InvokeAsync(() => block.SetPlaceAsync(node, rack, site));

    /// <inheritdoc/>
    public Task<Fault?> RemoveDiskAsync(Guid disk) => reactor.InvokeAsync(() => block.RemoveDiskAsync(disk));

    /// <inheritdoc/>
    public Task<Result<DiskView>> AddDiskAsync(AddDisk request, Guid? replaces) => reactor.InvokeAsync<Result<DiskView>>(async () =>
    {
        var source = await disks.AddAsync(request);
        if (!source.IsOk)
            return source.Fault;
        var added = await block.AddDiskAsync(source.Value, request.Class, replaces);
        if (added.IsOk)
            return Disks().First(disk => disk.Id == added.Value.Id?.ToString());
        if (block.Disks.All(disk => disk.Name != source.Value.Name))
            disks.Forget(source.Value.Name);
        return added.Fault;
    });

    /// <inheritdoc/>
    public Task<Result<NodeVolume>> ResizeVolumeAsync(string name, long sizeBytes) =>
        reactor.InvokeAsync(async () => Translate(await block.Volumes.ResizeAsync(name, sizeBytes)));

    /// <inheritdoc/>
    public Task<Fault?> RemoveVolumeAsync(string name) => reactor.InvokeAsync(() => block.Volumes.RemoveAsync(name));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DiskView>> ListDisksAsync()
    {
        var all = await reactor.InvokeAsync(() => ValueTask.FromResult(Disks()));

        // Asking the file system may take its time, so it is not done on the reactor.
        return [.. all.Select(DiskViews.WithHostSpace)];
    }

    /// <inheritdoc/>
    public Task<NodeCluster> DescribeClusterAsync() => reactor.InvokeAsync(() => ValueTask.FromResult(ClusterViews.Of(block, Disks())));

    /// <inheritdoc/>
    public Task<IReadOnlyList<SessionView>> ListSessionsAsync() => reactor.InvokeAsync(() =>
        ValueTask.FromResult<IReadOnlyList<SessionView>>([.. (_target?.Sessions ?? []).Select(Translate)]));

    /// <inheritdoc/>
    public Task ApplyAccessAsync(AccessRules rules) => reactor.InvokeAsync(() =>
    {
        _configuration = AccessConfiguration.Of(rules, _configuration.OpenOnLoopback);
        _target?.ApplyConfiguration(_configuration);
        _device?.ApplyConfiguration(_configuration, block.Volumes.Find);
        return ValueTask.FromResult(true);
    });

    /// <inheritdoc/>
    public IReadOnlyList<string> NfsAddresses => [.. _nfs?.Listening.Select(endpoint => endpoint.ToString()) ?? []];

    /// <inheritdoc/>
    public Task<IReadOnlyList<NodeFileSystem>> ListFileSystemsAsync() =>
        reactor.InvokeAsync(() => ValueTask.FromResult(FileSystemViews.Of(block, _nfs?.Server)));

    /// <inheritdoc/>
    public Task<Fault?> CreateFileSystemAsync(string name, int copies, string? pool, RootDirectory? root = null) =>
        reactor.InvokeAsync(async () => (await block.FileSystems.CreateAsync(name, copies, pool, root)).Fault);

    /// <inheritdoc/>
    public Task<Fault?> RenameFileSystemAsync(string name, string newName) =>
        reactor.InvokeAsync(async () => (await block.FileSystems.RenameAsync(name, newName)).Fault);

    /// <inheritdoc/>
    public Task<Fault?> RemoveFileSystemAsync(string name, IReadOnlyList<Condition> conditions) =>
        reactor.InvokeAsync(() => block.FileSystems.RemoveAsync(name, conditions));

    /// <inheritdoc/>
    public Task<Result<IReadOnlyList<QuotaView>>> ListQuotasAsync(string fileSystem) =>
        reactor.InvokeAsync(() => FileSystemAdministration.ListQuotasAsync(block, _nfs?.Server, fileSystem));

    /// <inheritdoc/>
    public Task<Result<ExportTop>> FindDirectoryAsync(string fileSystem, string path) =>
        reactor.InvokeAsync(() => FileSystemAdministration.FindDirectoryAsync(block, _nfs?.Server, fileSystem, path));

    /// <inheritdoc/>
    public Task<Fault?> SetQuotaAsync(string fileSystem, SetQuota quota) =>
        reactor.InvokeAsync(() => FileSystemAdministration.SetQuotaAsync(block, _nfs?.Server, fileSystem, quota));

    /// <inheritdoc/>
    public Task<Fault?> RemoveQuotaAsync(string fileSystem, string path) =>
        reactor.InvokeAsync(() => FileSystemAdministration.RemoveQuotaAsync(block, _nfs?.Server, fileSystem, path));

    /// <inheritdoc/>
    public Task<Result<FileSystemCheckView>> StartCheckAsync(string fileSystem) =>
        reactor.InvokeAsync(() => FileSystemAdministration.CheckAsync(block, _nfs?.Server, fileSystem, FileSystemAction.StartCheck));

    /// <inheritdoc/>
    public Task<Result<FileSystemCheckView>> ShowCheckAsync(string fileSystem) =>
        reactor.InvokeAsync(() => FileSystemAdministration.CheckAsync(block, _nfs?.Server, fileSystem, FileSystemAction.ShowCheck));

    /// <inheritdoc/>
    public Task ApplyExportsAsync(IReadOnlyList<ExportRecord> exports) => reactor.InvokeAsync(() =>
    {
        if (_nfs is { } nfs)
            nfs.Server.Exports = ExportConfiguration.Of(exports);
        return ValueTask.FromResult(true);
    });

    /// <inheritdoc/>
    public Task<IReadOnlyList<NfsClientView>> ListNfsClientsAsync() => reactor.InvokeAsync(() =>
        ValueTask.FromResult<IReadOnlyList<NfsClientView>>([.. (_nfs?.Server.Mounts.Mounted ?? [])
            .Select(mounted => new NfsClientView(mounted.Client.ToString(), Encoding.UTF8.GetString(mounted.Path)))
            .OrderBy(mounted => mounted.Client, StringComparer.Ordinal).ThenBy(mounted => mounted.Path, StringComparer.Ordinal)]));

    // Of the whole cluster, by node.
    private IReadOnlyList<DiskView> Disks()
    {
        var copies = block.CopiesByDisk();
        var own = DiskViews.Of(block.Disks, disks.Disks, disks.Find);
        return block.Peers is null
            ? [.. own.Select(disk => DiskViews.WithPlacement(disk, block, copies))]
            : [.. own.Select(disk => disk with { Node = block.Name }).Concat(block.RemoteDisks.Select(DiskViews.OfRemote))
                .Select(disk => DiskViews.WithPlacement(disk, block, copies)).OrderBy(disk => disk.Node, StringComparer.Ordinal)];
    }

    private void OnChanged(NodeEvent change)
    {
        switch (change.Kind)
        {
            case NodeEventKind.VolumeCreated or NodeEventKind.VolumeRemoved:
                _device?.ApplyConfiguration(_configuration, block.Volumes.Find);
                break;
            case NodeEventKind.VolumeChanged:
                _device?.NotifyResized(change.Subject);
                break;
            case NodeEventKind.DiskChanged:
                LogDisk(change.Subject);
                break;
            case NodeEventKind.GroupForced:
                log.Warning(
                    "an operator forced placement group {Group:l} to go on from one disk; what others held beyond it is lost",
                    change.Subject);
                break;
            case NodeEventKind.PoolSplit:
                log.Information(
                    "pool {Pool:l} is split: it has {Groups} placement groups when all of them are done",
                    change.Subject,
                    block.Pools.FirstOrDefault(pool => pool.Record.Name == change.Subject)?.Record.Groups);
                break;
            case NodeEventKind.SelfRemoved:
                _removed.TrySetResult();
                break;
            case NodeEventKind.ScrubFoundDamage:
                LogScrub(change.Subject);
                break;
            case NodeEventKind.HealthChanged when !_isHealthLogDue:
                // One failed disk changes hundreds of groups, one after the other: one entry for what came of it.
                _isHealthLogDue = true;
                reactor.Schedule(HealthLogDelayNs, static node => ((Node)node!).LogHealth(), this);
                break;
        }
    }

    private void LogDisk(string name)
    {
        if (block.Disks.FirstOrDefault(disk => disk.Name == name) is not { } disk)
            return;
        if (disk.Fault is { } fault)
            log.Error("disk {Disk} failed: {Fault:l}", name, fault.ToString());
        else
            log.Information("disk {Disk} is {State}", name, disk.State);
    }

    private void LogScrub(string group)
    {
        if (block.DescribeScrubs().FirstOrDefault(scrub => scrub.Group.ToString() == group)?.Last is not { } last)
            return;
        log.Write(
            last.Unrepairable > 0 ? LogEventLevel.Error : LogEventLevel.Warning,
            "the scrub of placement group {Group:l} read {Read} copies of blocks: {Damaged} damaged, {Outdated} outdated, "
            + "{Repaired} repaired, {Lost} blocks without a good copy",
            group,
            last.CopiesRead,
            last.Damaged,
            last.Outdated,
            last.Repaired,
            last.Unrepairable);
    }

    private void LogHealth()
    {
        _isHealthLogDue = false;
        var (before, now) = (_lastStatus, block.Status);
        _lastStatus = now;
        if (before is null || (before.DegradedGroups, before.UnavailableGroups) == (now.DegradedGroups, now.UnavailableGroups))
            return;
        var isWorse = now.DegradedGroups + now.UnavailableGroups > before.DegradedGroups + before.UnavailableGroups;
        log.Write(
            isWorse ? LogEventLevel.Warning : LogEventLevel.Information,
            "of {All} placement groups {Degraded} have too few copies and {Unavailable} do not serve",
            now.Groups,
            now.DegradedGroups,
            now.UnavailableGroups);
    }

    private Result<NodeVolume> Translate(Result<VolumeDescription> volume) =>
        volume.IsOk ? VolumeStates.Of(volume.Value, block, Disks()) : volume.Fault;

    private static SessionView Translate(SessionDescription session) => new()
    {
        Initiator = session.InitiatorIqn,
        Address = session.Address,
        Tsih = session.Tsih,
        ChapUser = session.ChapUser,
        Kind = session.IsDiscovery ? "discovery" : "normal",
        Since = session.Since,
        Commands = session.Commands,
        BytesRead = session.BytesRead,
        BytesWritten = session.BytesWritten,
    };
}
