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
internal sealed class Node(Reactor reactor, BlockNode block, IReadOnlyList<PlannedDisk> plan) : INode
{
    private ScsiDevice? _device;
    private IscsiTarget? _target;
    private TargetConfiguration _configuration = new() { Iqn = ServeOptions.TargetIqn };
    private NodeDescription? _description;

    /// <inheritdoc/>
    public NodeDescription Describe() => _description ?? throw new InvariantException("the node does not serve yet");

    /// <summary>Connects the target, on the reactor: from here on changes of volumes and access reach it.</summary>
    public void Attach(ScsiDevice device, IscsiTarget target, TargetConfiguration configuration)
    {
        Invariant.Check(reactor.IsCurrent);
        _device = device;
        _target = target;
        _configuration = configuration;
        device.ApplyConfiguration(configuration, block.Volumes.Find);
        block.Changed += OnChanged;
    }

    /// <summary>Sets what <see cref="Describe"/> returns, once the portals are known.</summary>
    public void Serves(NodeDescription description) => _description = description;

    /// <inheritdoc/>
    public Task<IReadOnlyList<NodeVolume>> ListVolumesAsync() => reactor.InvokeAsync(() =>
    {
        var hasBadDisk = block.Disks.Any(disk => disk.State is not (DiskState.Online or DiskState.Resyncing));
        return ValueTask.FromResult<IReadOnlyList<NodeVolume>>(
            [.. block.Volumes.List().Select(volume => Translate(volume, hasBadDisk))]);
    });

    /// <inheritdoc/>
    public Task<Result<NodeVolume>> CreateVolumeAsync(string name, long sizeBytes, int copies) => reactor.InvokeAsync(async () =>
        Translate(await block.Volumes.CreateAsync(new VolumeSpecification { Name = name, SizeBytes = sizeBytes, Copies = copies })));

    /// <inheritdoc/>
    public Task<Result<NodeVolume>> ResizeVolumeAsync(string name, long sizeBytes) =>
        reactor.InvokeAsync(async () => Translate(await block.Volumes.ResizeAsync(name, sizeBytes)));

    /// <inheritdoc/>
    public Task<Fault?> RemoveVolumeAsync(string name) => reactor.InvokeAsync(() => block.Volumes.RemoveAsync(name));

    /// <inheritdoc/>
    public Task<IReadOnlyList<DiskView>> ListDisksAsync() =>
        reactor.InvokeAsync(() => ValueTask.FromResult(DiskViews.Of(block.Disks, plan)));

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
        }
    }

    private static Result<NodeVolume> Translate(Result<VolumeDescription> volume) =>
        volume.IsOk ? Translate(volume.Value, hasBadDisk: false) : volume.Fault;

    private static NodeVolume Translate(VolumeDescription volume, bool hasBadDisk) => new()
    {
        Name = volume.Name,
        Id = volume.Id.ToString(),
        SizeBytes = volume.SizeBytes,
        UsedBytes = volume.UsedBytes,
        Copies = volume.Copies,
        State = !hasBadDisk ? "healthy" : volume.Copies > 1 ? "degraded" : "down",
        Created = volume.CreatedAt,
    };

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
