using System.Net;
using Uss.NfsFrontend;
using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Owners;
using Uss.Runtime;
using Uss.Simulation.Cluster;
using Uss.Volumes;

namespace Uss.Simulation.Nfs;

/// <summary>A node of the cluster with an NFS front-end, for as long as its process lives.</summary>
internal sealed class NfsNode
{
    /// <summary>The port of NFS.</summary>
    public const int Port = 2049;

    /// <summary>Number of the file system.</summary>
    public const uint FileSystem = 1;

    /// <summary>Number of the export.</summary>
    public const ushort Export = 1;

    private static readonly ExportTable _exports = new(
    [
        new Export
        {
            Id = Export,
            Path = "/default",
            FileSystem = FileSystem,
            Rules = [new ExportRule { Clients = IPNetwork.Parse("10.0.0.0/8"), Squash = Squash.None }],
        },
    ]);

    private readonly NfsServerOptions _options;
    private readonly ReadOnlyMemory<byte> _key;
    private int _pool = -1;

    public NfsNode(ClusterNode cluster, NfsServerOptions options, ReadOnlyMemory<byte> key)
    {
        (Cluster, _options, _key) = (cluster, options, key);
        cluster.Started = node => Reactor.Current.Spawn(ServeAsync(node));
    }

    public ClusterNode Cluster { get; }

    /// <summary>The front-end; null while the process is down or starts.</summary>
    public NfsServer? Server { get; private set; }

    public Endpoint Endpoint => new(Cluster.Host.Address, Port);

    /// <summary>The file system as this node serves it as its owner; null: it does not.</summary>
    public FileService? Service => Server?.FileSystems.Find(FileSystem)?.Owner.Service;

    /// <summary>The file system's pool is there; on the node's reactor.</summary>
    public void Serve(int pool)
    {
        _pool = pool;
        Reactor.Current.Spawn(ServeAsync(Cluster.Node!));
    }

    /// <summary>Kills the process, or takes the power from the machine.</summary>
    public void Kill(bool isPowerCut)
    {
        Server = null;
        Cluster.Kill(isPowerCut);
    }

    /// <summary>Stops the front-end as an operator does; on the node's reactor.</summary>
    public async ValueTask StopAsync()
    {
        if (Server is not { } server)
            return;
        await server.StopAsync();
        Server = null;
    }

    private async ValueTask ServeAsync(BlockNode node)
    {
        if (_pool < 0)
            return;
        var reactor = Reactor.Current;
        var server = new NfsServer(node, reactor, _key, _options) { Exports = _exports };

        // As the daemon does: the record of the pool may come later.
        while (!server.FileSystems.Add(FileSystem, _pool))
            await reactor.DelayAsync(50_000_000);
        if (!server.Listen(Endpoint).IsOk)
            throw new SimulationException($"{node.Name} listens");
        Server = server;
    }
}
