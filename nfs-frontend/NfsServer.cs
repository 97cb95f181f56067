using System.Text;
using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Mount;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Nlm;
using Uss.NfsFrontend.Nsm;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.Owners;
using Uss.NfsFrontend.PortMap;
using Uss.NfsFrontend.VolumeFiles;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.NfsFrontend;

/// <summary>
/// The NFS front-end of one node, put together: file systems, exports, and the programs: NFS, MOUNT, NLM and NSM on one port, all but NFS by
/// UDP too, and a port mapper where one is wanted.
/// </summary>
public sealed class NfsServer
{
    private readonly RpcServer _server;
    private readonly RpcServer _mapperServer;
    private readonly RpcDatagramServer _datagrams;
    private readonly RpcDatagramServer _mapperDatagrams;
    private readonly PortMapTable _ports = new();
    private readonly PortMapProgram _mapper;
    private readonly ExportGate _gate = new();
    private readonly IRpcProgram[] _programs;
    private readonly IRpcProgram[] _datagramPrograms;

    /// <summary>Creates a front-end that serves nothing yet. On the reactor.</summary>
    /// <param name="node">The block layer.</param>
    /// <param name="reactor">The reactor.</param>
    /// <param name="handleKey">The cluster's key of handles, <see cref="FileHandle.KeyBytes"/> bytes.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="dropped">Told of connections that this side ended.</param>
    public NfsServer(
        BlockNode node, Reactor reactor, ReadOnlyMemory<byte> handleKey, NfsServerOptions? options = null, Action<DroppedConnection>? dropped = null)
    {
        options ??= new NfsServerOptions();
        var key = new HandleKey(handleKey);
        FileSystems = new FileSystemTable(node, reactor, key, options.Owners);
        var volumes = new VolumeDirectory(node, reactor);
        Mounts = new MountProgram(new MountPoints(FileSystems, _gate, key, reactor, volumes), handleKey);
        var client = new RpcClient(reactor);
        var callbacks = new NlmCallbacks(client, new PortMapClient(client));
        FileSystems.Callbacks = callbacks;
        var locks = new NlmProgram(reactor, FileSystems, () => _gate.Exports, handleKey, Encoding.UTF8.GetBytes(node.Name), callbacks);
        _datagramPrograms = [Mounts, locks, new NsmProgram(FileSystems)];
        _programs = [new NfsProgram(FileSystems, _gate, key, reactor, volumes), .. _datagramPrograms];
        _server = new RpcServer(reactor, _programs, options.Rpc, dropped);
        _datagrams = new RpcDatagramServer(reactor, _datagramPrograms, options.Datagrams);
        _mapper = new PortMapProgram(reactor, _ports);
        _mapperServer = new RpcServer(reactor, [_mapper], options.Rpc, dropped);
        _mapperDatagrams = new RpcDatagramServer(reactor, [_mapper], options.Datagrams);
    }

    /// <summary>The file systems.</summary>
    public FileSystemTable FileSystems { get; }

    /// <summary>Who has mounted what.</summary>
    public MountProgram Mounts { get; }

    /// <summary>The exports in force.</summary>
    public ExportTable Exports
    {
        get => _gate.Exports;
        set => _gate.Exports = value;
    }

    /// <summary>Listens on one more endpoint, by TCP and at the same port by UDP.</summary>
    /// <returns>Where it listens, or why it cannot.</returns>
    public Result<Endpoint> Listen(Endpoint endpoint)
    {
        var listening = _server.Listen(endpoint);
        if (!listening.IsOk)
            return listening;
        var bound = _datagrams.Bind(listening.Value);
        if (!bound.IsOk)
            return bound;
        foreach (var program in _programs)
            _ports.Add(program, listening.Value, isDatagram: false);
        foreach (var program in _datagramPrograms)
            _ports.Add(program, bound.Value, isDatagram: true);
        return listening;
    }

    /// <summary>Listens on an endpoint no more, and ends the connections to it.</summary>
    public async ValueTask CloseAsync(Endpoint endpoint)
    {
        await _server.CloseAsync(endpoint);
        await _datagrams.CloseAsync(endpoint);
    }

    /// <summary>Serves a port mapper no more at an endpoint.</summary>
    public async ValueTask CloseAsPortMapperAsync(Endpoint endpoint)
    {
        await _mapperServer.CloseAsync(endpoint);
        await _mapperDatagrams.CloseAsync(endpoint);
    }

    /// <summary>Serves a port mapper, by TCP and UDP; clients look for it at port 111.</summary>
    /// <returns>Where it listens, or why it cannot.</returns>
    public Result<Endpoint> ListenAsPortMapper(Endpoint endpoint)
    {
        var listening = _mapperServer.Listen(endpoint);
        if (!listening.IsOk)
            return listening;
        var bound = _mapperDatagrams.Bind(listening.Value);
        if (!bound.IsOk)
            return bound;
        _ports.Add(_mapper, listening.Value, isDatagram: false);
        _ports.Add(_mapper, bound.Value, isDatagram: true);
        return listening;
    }

    /// <summary>Stops: calls under way are answered, then the file systems are closed.</summary>
    public async ValueTask StopAsync()
    {
        await _mapperServer.StopAsync();
        await _mapperDatagrams.StopAsync();
        await _server.StopAsync();
        await _datagrams.StopAsync();
        await FileSystems.CloseAsync();
    }
}
