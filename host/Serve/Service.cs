using Serilog.Core;
using Serilog.Extensions.Logging;
using Uss.Coordination;
using Uss.Coordination.Etcd;
using Uss.Coordination.Sqlite;
using Uss.Host.Cli;
using Uss.Host.Join;
using Uss.Host.Serve.Addresses;
using Uss.Replication;
using Uss.Runtime;
using Uss.Runtime.Threaded;
using Uss.Target.Iscsi;
using Uss.Target.Scsi;
using Uss.Volumes;
using Uss.Volumes.Addresses;
using Uss.WebUi.Api;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>
/// The service of one machine, put together from the rooms: reactor, coordination store, disks, volumes, target and
/// management API. Parts start in this order and stop in the reverse one.
/// </summary>
internal sealed class Service
{
    /// <summary>A stop that takes longer is broken off; the stores recover from their logs then.</summary>
    private static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(4.5);

    private static readonly TimeSpan _etcdRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _addressLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _addressLook = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _firstStartRetry = TimeSpan.FromMilliseconds(500);

    // Of a file system under load one member may hang for a second without being ill.
    private const long ClusterMemberStallNs = 1_500_000_000;

    private const int MostRefusalsInAMinute = 4;

    private readonly ServeOptions _options;
    private readonly Logger _log;
    private readonly TextWriter _output;
    private readonly List<(string Part, Func<Task> StopAsync)> _parts = [];
    private readonly EventLimit _refusals = new(MostRefusalsInAMinute, TimeProvider.System);
    private JoinDesk? _desk;
    private Task _removed = new TaskCompletionSource().Task;
    private readonly IscsiTargetOptions _targetOptions = new() { DrainTimeoutMs = 1_000 };

    private Service(ServeOptions options, Logger log, TextWriter output)
    {
        _options = options;
        _log = log;
        _output = output;
    }

    /// <summary>Serves until it is asked to stop.</summary>
    /// <param name="options">What to serve.</param>
    /// <param name="output">Where the ready line goes.</param>
    /// <param name="asked">Completes with the reason to stop.</param>
    /// <exception cref="CommandFailure">The service could not start, or not stop in time.</exception>
    public static Task RunAsync(ServeOptions options, TextWriter output, Task<string> asked) =>
        Daemon.RunAsync(options.Folder, async daemon =>
        {
            var service = new Service(options, daemon.Log, output);
            try
            {
                var fault = await service.StartAsync(daemon.Held, daemon.Notifier, asked);
                if (fault is null)
                {
                    if (await Task.WhenAny(asked, service._removed) != asked && options.Cluster is { } cluster)
                        fault = NodeRecord.Removed(cluster.Name, cluster.MemberId is not null);
                    daemon.Log.Information("{Reason}: stopping", fault?.Code ?? await asked);
                }

                daemon.Notifier.Stopping();
                return fault;
            }
            finally
            {
                await service.StopAsync();
            }
        });

    private async Task<Fault?> StartAsync(DataLock held, SystemdNotifier notifier, Task<string> asked)
    {
        _log.Information("uss {Version} starts on {Folder}", ProgramVersion.Text, _options.Folder.Path);
        foreach (var option in _options.WithoutEffect)
            _log.Warning("{Option} has no effect yet", option);

        var made = ReactorFactory.Create(new ReactorOptions { Name = "reactor0", OnUnhandledException = EndProcess });
        if (!made.IsOk)
            return made.Fault;
        var reactor = made.Value.Reactor;
        if (made.Value.Warning is { } warning)
            _log.Warning("{Warning}", warning);
        reactor.Start();
        _parts.Add(("reactor", reactor.StopAsync));

        var opened = await OpenCoordinationAsync(reactor, asked);
        if (!opened.IsOk)
            return opened.Fault;
        if (asked.IsCompleted)
            return null;
        var coordination = opened.Value!;
        _parts.Add(("coordination store", () => OnReactor(reactor, coordination.CloseAsync)));

        if (_options.Cluster is { } cluster)
        {
            var claim = await reactor.InvokeAsync(() => new JoinRegister(coordination, reactor)
                .ClaimAsync(cluster.ClusterId, cluster.Name, cluster.MemberId, cluster.IsFounder));
            if (claim is not null)
                return claim;
            _desk = new JoinDesk(reactor, coordination, cluster, _log);
        }

        // Refused before disks are made for it.
        if (await CheckAccessAsync(new ReactorRecordStore(reactor, coordination)) is { } refused)
            return refused;
        var endpoints = _options.Iscsi.Select(endpoint => (endpoint, PortCheck.Iscsi))
            .Concat(_options.Nfs.Select(endpoint => (endpoint, PortCheck.Nfs)));
        if (await reactor.InvokeAsync(() => PortCheck.RunAsync(reactor, endpoints)) is { } inUse)
            return inUse;

        var block = await StartBlockLayerAsync(reactor, coordination);
        if (!block.IsOk)
            return block.Fault;
        return await StartFrontEndsAsync(reactor, coordination, block.Value, held, notifier);
    }

    // The embedded store of one machine, or etcd, which may come later than this node.
    private async Task<Result<ICoordinationStore>> OpenCoordinationAsync(Reactor reactor, Task<string> asked)
    {
        if (_options.Cluster is not { } cluster)
        {
            var database = await reactor.InvokeAsync(() => SqliteCoordinationStore.OpenAsync(_options.Folder.Database));
            return database.IsOk ? Result<ICoordinationStore>.Ok(database.Value) : database.Fault;
        }

        var options = new EtcdOptions { Endpoints = cluster.Etcd };
        for (var isFirst = true; ; isFirst = false)
        {
            var etcd = await reactor.InvokeAsync(() => EtcdCoordinationStore.OpenAsync(options));
            if (etcd.IsOk)
                return Result<ICoordinationStore>.Ok(etcd.Value);
            if (etcd.Fault.Code == "bad-etcd-options" || asked.IsCompleted)
                return etcd.Fault;
            if (isFirst)
                _log.ForContext(ServiceLog.PrintedProperty, true).Warning("waiting for etcd: {Fault:l}", etcd.Fault.ToString());
            await Task.WhenAny(Task.Delay(_etcdRetry), asked);
        }
    }

    private async Task<Fault?> CheckAccessAsync(ReactorRecordStore records)
    {
        var present = await records.ListAsync(RecordKeys.Initiators);
        return present.IsAvailable ? AccessPolicy.Check(_options, present.Entries.Count > 0) : Faults.RecordsUnavailable;
    }

    private async Task<Result<BlockLayer>> StartBlockLayerAsync(
        Reactor reactor, ICoordinationStore coordination)
    {
        var known = await reactor.InvokeAsync(() => KnownDisks.ReadAsync(coordination, _options.Cluster?.Name));
        if (!known.IsOk)
            return known.Fault;
        var plan = PlannedDisk.Decide(_options, [.. known.Value.Own.Select(disk => disk.Name)]);
        if (!plan.IsOk)
            return plan.Fault;
        var opener = new DiskOpener(reactor, known.Value.Ids, _options.Format, _log);
        var started = await reactor.InvokeAsync(() =>
            BlockNode.StartAsync(coordination, [.. plan.Value.Select(opener.SourceOf)], BlockOptions()));
        if (!started.IsOk)
            return started.Fault;
        var block = started.Value;
        _parts.Add(("disks", () => OnReactor(reactor, block.CloseAsync)));

        var disks = await reactor.InvokeAsync(() => ValueTask.FromResult(block.Disks));
        if (_options.Cluster is { } cluster && PlaceIgnored(cluster, block) is { } ignored)
            _log.Warning("{Ignored:l}", ignored);
        var bad = disks.Where(disk => disk.Fault is not null || disk.State == DiskState.Missing).ToList();
        foreach (var disk in bad)
            _log.Error("{Fault:l}", disk.Fault?.ToString() ?? $"Disk {disk.Name} is not there.");
        if (disks.Any(disk => disk.State is DiskState.Online or DiskState.Resyncing))
            return new BlockLayer(block, plan.Value, opener);
        return bad.Select(disk => disk.Fault).FirstOrDefault(fault => fault is not null)
            ?? new Fault("disk-missing", "None of the disks is there.", "Bring the disks back to their paths.");
    }

    // A start that moved all data elsewhere by an option would come as a surprise.
    private static string? PlaceIgnored(ClusterMembership own, BlockNode block)
    {
        var set = block.SettingsOf(own.Name);
        var (rack, site) = (set.Rack ?? own.Rack, set.Site ?? own.Site);
        return (rack, site) == (own.Rack, own.Site) ? null
            : $"node {own.Name} stands in rack {rack} at site {site}, as it was told before; change that with `uss node set`";
    }

    private async Task<Fault?> StartFrontEndsAsync(
        ThreadedReactor reactor,
        ICoordinationStore coordination,
        BlockLayer layer,
        DataLock held,
        SystemdNotifier notifier)
    {
        var block = layer.Block;
        var node = new Node(reactor, block, new DiskPlan(layer.Plan, layer.Opener, coordination, _options), _log);
        _removed = node.Removed;
        var records = new ReactorRecordStore(reactor, coordination);
        var services = new ManagementServices(node, records, TimeProvider.System) { Tokens = TokensOf(reactor, coordination, block) };
        var fault = (_options.Cluster is null ? await FirstStart.RunAsync(services, records, _log) : null)
            ?? await GivenRules.ApplyAsync(_options, services, _log);
        if (fault is not null)
            return fault;
        var rules = await services.Access.ReadAsync();
        if (!rules.IsOk)
            return rules.Fault;
        if (AccessPolicy.Check(_options with { Initiators = [], ChapUser = null }, rules.Value.Initiators.Count > 0) is { } refused)
            return refused;
        var isOpen = AccessPolicy.IsOpenOnLoopback(_options);

        var portals = new List<Endpoint>();
        fault = await reactor.InvokeAsync<Fault?>(async () =>
        {
            var configuration = AccessConfiguration.Of(rules.Value, isOpen);
            var shared = _options.Cluster is null ? null : new SharedReservations(reactor, coordination, block);
            var journal = new ReservationJournal(coordination);
            var device = new ScsiDevice(reactor.Buffers)
            {
                Journal = journal,
                SharedReservations = shared,
                ThinUsage = node.Space.UsageOf,
            };
            var unread = shared is null
                ? await journal.RestoreAsync(device, id => block.Volumes.All.Any(volume => volume.Id == id))
                : await shared.StartAsync(device);
            if (unread is not null)
                return unread;
            if (shared is not null)
            {
                _parts.Add(("reservations", () => OnReactor(reactor, () =>
                {
                    shared.Dispose();
                    return ValueTask.CompletedTask;
                })));
            }

            var port = _options.Cluster is null ? TargetPorts.First : await TargetPorts.ClaimAsync(coordination, _options.Cluster.Name);
            if (port is not { } number)
                return Faults.RecordsUnavailable;
            var options = _targetOptions with { PortalGroupTag = number, RelativeTargetPort = number };
            var target = new IscsiTarget(options, configuration, device, new TargetLog(_log, TimeProvider.System));
            node.Attach(device, target, configuration);
            _parts.Add(("iSCSI target", () => reactor.InvokeAsync(target.StopAsync)));
            foreach (var endpoint in _options.Iscsi)
            {
                var listening = target.Listen(endpoint);
                if (!listening.IsOk)
                    return PortCheck.Explain(listening.Fault, PortCheck.Iscsi);
                portals.Add(listening.Value);
            }

            return null;
        });
        if (fault is not null)
            return fault;
        var nfs = await StartNfsAsync(reactor, coordination, block, node, services);
        if (!nfs.IsOk)
            return nfs.Fault;
        node.Serves(new NodeDescription
        {
            Version = ProgramVersion.Text,
            Started = DateTimeOffset.UtcNow,
            Target = ServeOptions.TargetIqn,
            Portals = [.. portals.Select(portal => portal.ToString())],
            OpenOnLoopback = isOpen,
            Reactor = reactor is Runtime.IoUring.IoUringReactor ? "io_uring" : "portable",
        });

        using (var socket = SocketPath.Open(_options.Folder.Socket))
        {
            var server = await ApiServer.StartAsync(services, socket.Name, new SerilogLoggerProvider(_log));
            _parts.Add(("management API", () => server.DisposeAsync().AsTask()));
        }

        _desk?.Open(name => block.Nodes.Any(known => known.Name == name && known.Reach != NodeReach.Down));
        var events = await EventWatch.StartAsync(reactor, block, node, services.Events);
        _parts.Add(("watch of events", () => events.DisposeAsync().AsTask()));
        if (_options.Cluster is { } cluster)
            await JoinClusterAsync(reactor, coordination, services, records, cluster);
        held.WritePid();
        return await AnnounceAsync(services, portals[0], isOpen, notifier);
    }

    private async Task<Result<NfsService>> StartNfsAsync(
        Reactor reactor, ICoordinationStore coordination, BlockNode block, Node node, ManagementServices services)
    {
        var exports = await services.Access.ReadExportsAsync();
        if (!exports.IsOk)
            return exports.Fault;
        var nfs = await reactor.InvokeAsync(async () =>
        {
            var started = await NfsService.StartAsync(reactor, block, coordination, _options, exports.Value, _log);
            if (started.IsOk)
                node.Attach(started.Value);
            return started;
        });
        if (!nfs.IsOk)
            return nfs;
        _parts.Add(("NFS server", () => OnReactor(reactor, nfs.Value.StopAsync)));
        if (_options.Cluster is { } cluster && (_options.Nfs.Count > 0 || _options.ServiceAddresses.Count > 0)
            && await StartAddressesAsync(reactor, coordination, block, nfs.Value, cluster.Name) is { } fault)
            return fault;
        return nfs;
    }

    private async Task<Fault?> StartAddressesAsync(
        Reactor reactor, ICoordinationStore coordination, BlockNode block, NfsService nfs, string name)
    {
        var host = new AddressHost(reactor, block, nfs, _log);
        var own = _options.ServiceAddresses;
        var addresses = await reactor.InvokeAsync(() => ValueTask.FromResult(new ServiceAddresses(reactor, coordination, name, host)));
        var fault = await reactor.InvokeAsync(() => addresses.StartAsync(own));
        if (fault is not null)
            return fault;
        _parts.Add(("service addresses", () => OnReactor(reactor, addresses.StopAsync)));

        // Whoever serves them meanwhile gives them back in a moment.
        var limit = Task.Delay(_addressLimit);
        while (!limit.IsCompleted && await reactor.InvokeAsync(() => ValueTask.FromResult(own.Except(addresses.Served).Any())))
            await Task.Delay(_addressLook);
        return null;
    }

    private IJoinTokens TokensOf(Reactor reactor, ICoordinationStore coordination, BlockNode block) =>
        _options.Cluster is { } cluster ? new TokenMint(reactor, coordination, block, cluster) : new NoJoinTokens();

    private BlockNodeOptions BlockOptions() => _options.Cluster is not { } cluster
        ? new BlockNodeOptions()
        : new BlockNodeOptions
        {
            NodeName = cluster.Name,
            Cluster = cluster.ToPeerOptions(_desk!, TellRefusal),
            MemberStallNs = ClusterMemberStallNs,
        };

    // A node that is refused tries again twice a second.
    private void TellRefusal(Fault fault)
    {
        if (_refusals.Pass(out _))
            _log.Warning("{Fault:l}", fault.ToString());
    }

    // What other nodes change from now on reaches this one too.
    private async Task JoinClusterAsync(
        Reactor reactor, ICoordinationStore coordination, ManagementServices services, IRecordStore records, ClusterMembership cluster)
    {
        var present = await records.ListAsync(RecordKeys.Luns);
        var watch = await reactor.InvokeAsync(() =>
            ValueTask.FromResult(AccessWatch.Start(reactor, coordination, present.Revision, services.Access, _log)));
        await services.Access.ApplyAsync();
        await services.Access.ApplyExportsAsync();
        var stopping = new CancellationTokenSource();
        _parts.Add(("watch of access rules", async () =>
        {
            await stopping.CancelAsync();
            await OnReactor(reactor, () =>
            {
                watch.Dispose();
                return ValueTask.CompletedTask;
            });
            stopping.Dispose();
        }
        ));
        if (cluster.DemoCopies > 0)
            _ = MakeDemoAsync(services, records, cluster.DemoCopies, stopping.Token);
    }

    // Waits until there are nodes enough. Whichever node is first makes it; the others find it made.
    private async Task MakeDemoAsync(ManagementServices services, IRecordStore records, int copies, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested && await FirstStart.RunAsync(services, records, _log, copies) is not null)
            await Task.Delay(_firstStartRetry, stopping).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    private async Task<Fault?> AnnounceAsync(ManagementServices services, Endpoint portal, bool isOpen, SystemdNotifier notifier)
    {
        var status = await services.Node.StatusAsync();
        if (!status.IsOk)
            return status.Fault;
        if (isOpen)
        {
            _log.Information(
                "any initiator on loopback may log in without CHAP; `uss initiator create` makes a rule for one, "
                + "and a rule for '*' closes the door to all others");
        }

        var exports = await services.Exports.ListAsync();
        var mount = exports.IsOk && exports.Value is [var first, ..] ? first.Mount : null;
        var ready = StartupText.Ready(status.Value);
        await _output.WriteLineAsync(ready);
        await _output.WriteLineAsync(StartupText.Attach(status.Value, portal, mount, _options.Folder));
        await _output.FlushAsync();
        notifier.Ready(ready);
        return null;
    }

    private async Task StopAsync()
    {
        var limit = Task.Delay(_stopLimit);
        for (var index = _parts.Count - 1; index >= 0; index--)
        {
            var (part, stopAsync) = _parts[index];
            var stop = stopAsync();
            if (await Task.WhenAny(stop, limit) == limit)
            {
                throw new CommandFailure(new Fault(
                    "stop-incomplete",
                    $"The {part} did not stop in time; the service ends without it.",
                    "Nothing acknowledged is lost: the next start recovers from the log."));
            }

            await stop;
        }
    }

    // A programming error: the process ends and the next start recovers. The log is written out first.
    private void EndProcess(Exception exception)
    {
        _log.Fatal(exception, "the service ends because of an error of its own");
        _log.Dispose();
        Environment.FailFast(exception.Message, exception);
    }

    private static Task OnReactor(Reactor reactor, Func<ValueTask> work) => reactor.InvokeAsync(async () =>
    {
        await work();
        return true;
    });

    private sealed record BlockLayer(BlockNode Block, IReadOnlyList<PlannedDisk> Plan, DiskOpener Opener);
}
