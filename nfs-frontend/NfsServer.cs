using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Mount;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.Owners;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.NfsFrontend;

/// <summary>The NFS front-end of one node, put together: file systems, exports, and the programs on one port.</summary>
public sealed class NfsServer
{
    private readonly RpcServer _server;
    private readonly ExportGate _gate = new();

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
        var points = new MountPoints(FileSystems, _gate, key, reactor);
        Mounts = new MountProgram(points, handleKey);
        _server = new RpcServer(reactor, [new NfsProgram(FileSystems, _gate, key, reactor), Mounts], options.Rpc, dropped);
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

    /// <summary>Listens on one more endpoint; returns where, or why it cannot.</summary>
    public Result<Endpoint> Listen(Endpoint endpoint) => _server.Listen(endpoint);

    /// <summary>Stops: calls under way are answered, then the file systems are closed.</summary>
    public async ValueTask StopAsync()
    {
        await _server.StopAsync();
        await FileSystems.CloseAsync();
    }
}
