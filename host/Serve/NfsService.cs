using System.Net;
using Serilog;
using Uss.Coordination;
using Uss.NfsFrontend;
using Uss.Runtime;
using Uss.Volumes;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>
/// The NFS front-end of a node, with the file systems that there are by their records. A node that listens nowhere has one too: it does the
/// operations of the file systems that it owns for other nodes' clients.
/// </summary>
internal sealed class NfsService
{
    // A file system is known before its pool at times; nothing tells when that comes.
    private const long PoolRetryNs = 50_000_000;

    private readonly Reactor _reactor;
    private readonly BlockNode _block;
    private readonly HashSet<uint> _served = [];
    private TaskCompletionSource? _idle;
    private bool _isFollowing;
    private bool _isDue;
    private bool _isStopping;

    private NfsService(Reactor reactor, BlockNode block, NfsServer server) => (_reactor, _block, Server) = (reactor, block, server);

    /// <summary>The front-end.</summary>
    public NfsServer Server { get; }

    /// <summary>Where it listens, with the real ports.</summary>
    public IReadOnlyList<Endpoint> Listening { get; private set; } = [];

    /// <summary>Starts it. On the reactor.</summary>
    /// <param name="reactor">The reactor.</param>
    /// <param name="block">The block layer.</param>
    /// <param name="coordination">Holds the key of handles.</param>
    /// <param name="options">Where it is to listen.</param>
    /// <param name="exports">The exports of the start.</param>
    /// <param name="log">Hears of clients that break the protocol.</param>
    public static async ValueTask<Result<NfsService>> StartAsync(
        Reactor reactor,
        BlockNode block,
        ICoordinationStore coordination,
        ServeOptions options,
        IReadOnlyList<ExportRecord> exports,
        ILogger log)
    {
        var key = await NfsHandleKey.ReadAsync(reactor, coordination);
        if (!key.IsOk)
            return key.Fault;
        var server = new NfsServer(block, reactor, key.Value, options: null, new NfsLog(log, TimeProvider.System).Dropped)
        {
            Exports = ExportConfiguration.Of(exports),
        };
        var service = new NfsService(reactor, block, server);
        block.Changed += service.OnChanged;
        service.Follow();
        foreach (var endpoint in options.Nfs)
        {
            if (service.Listen(endpoint) is not { } refused)
                continue;
            await service.StopAsync();
            return PortCheck.Explain(refused, PortCheck.Nfs);
        }

        if (service.ListenAsPortMapper(options, log) is { } fault)
        {
            await service.StopAsync();
            return fault;
        }

        return service;
    }

    /// <summary>Listens on one more endpoint, unless it listens on all addresses already; null when it does. On the reactor.</summary>
    public Fault? Listen(Endpoint endpoint)
    {
        if (Listening.Any(other => other.Port == endpoint.Port && other.Address.Equals(IPAddress.Any)))
            return null;
        var listening = Server.Listen(endpoint);
        if (!listening.IsOk)
            return listening.Fault;
        Listening = [.. Listening, listening.Value];
        return null;
    }

    /// <summary>Listens on an endpoint no more; its clients' connections end. On the reactor.</summary>
    public async ValueTask CloseAsync(Endpoint endpoint)
    {
        Listening = [.. Listening.Where(other => other != endpoint)];
        await Server.CloseAsync(endpoint);
    }

    private Fault? ListenAsPortMapper(ServeOptions options, ILogger log)
    {
        if (options.PortMapper == PortMapperUse.Off)
            return null;
        var isWanted = options.PortMapper == PortMapperUse.On;
        foreach (var address in options.Nfs.Where(endpoint => isWanted || !endpoint.IsLoopback).Select(endpoint => endpoint.Address).Distinct())
        {
            var listening = Server.ListenAsPortMapper(new Endpoint(address, ServeOptions.PortMapperPort));
            if (listening.IsOk)
                continue;
            if (isWanted)
                return PortCheck.Explain(listening.Fault, PortCheck.PortMapper);
            log.Warning(
                "no port mapper: {Problem} Clients that look for ports there, as Linux does for NFS locks, have to be told them, "
                    + "or the other port mapper has to leave: --port-mapper on says so at the start, --port-mapper off says nothing",
                listening.Fault.Message);
        }

        return null;
    }

    /// <summary>Stops it. On the reactor.</summary>
    public async ValueTask StopAsync()
    {
        _isStopping = true;
        _block.Changed -= OnChanged;
        if (_isFollowing)
        {
            _idle = new TaskCompletionSource();
            await _idle.Task;
        }

        await Server.StopAsync();
    }

    private void OnChanged(NodeEvent change)
    {
        if (change.Kind == NodeEventKind.FileSystemsChanged)
            Follow();
    }

    private void Follow()
    {
        _isDue = true;
        if (_isFollowing)
            return;
        _isFollowing = true;
        _reactor.Spawn(FollowAsync());
    }

    private async ValueTask FollowAsync()
    {
        while (_isDue && !_isStopping)
        {
            _isDue = false;
            var wanted = _block.FileSystems.All.ToDictionary(record => (uint)record.Id);
            foreach (var gone in _served.Where(id => !wanted.ContainsKey(id)).ToList())
            {
                _served.Remove(gone);
                await Server.FileSystems.RemoveAsync(gone);
            }

            var isPoolMissing = false;
            foreach (var (id, record) in wanted)
            {
                if (Server.FileSystems.Add(id, record.Pool, record.Root))
                    _served.Add(id);
                else
                    isPoolMissing = true;

                // Its record goes once its owner has given back what it held.
                if (record.IsRemoving)
                    Server.FileSystems.BeginRemoval(id);
            }

            if (!isPoolMissing)
                continue;
            await _reactor.DelayAsync(PoolRetryNs);
            _isDue = true;
        }

        _isFollowing = false;
        _idle?.TrySetResult();
    }
}
