using System.Net;
using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Nfs;
using Uss.Replication;
using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Simulation.Nfs;
using Uss.Volumes;
using Uss.Volumes.Tests;

namespace Uss.NfsFrontend.Owners.Tests;

/// <summary>A cluster with an NFS front-end on every node, one file system, and clients outside of it.</summary>
internal sealed class NfsFixture : IDisposable
{
    public const long SecondNs = 1_000_000_000;
    public const long PatienceNs = 8 * SecondNs;

    private const int Port = 2049;
    private const uint FileSystem = 1;
    private static readonly byte[] _key = [.. Enumerable.Range(0, FileHandle.KeyBytes).Select(i => (byte)i)];

    private readonly Dictionary<NfsClient, SimulatedReactor> _clients = [];
    private readonly NfsServerOptions _options;
    private readonly int _pool;

    public NfsFixture(int nodes, FileServiceOptions? files = null)
    {
        _options = new NfsServerOptions { Owners = new OwnerOptions { LogBytes = 1 << 20, Files = files ?? new FileServiceOptions() } };
        Cluster = new ClusterFixture(nodes);
        Cluster.CreateVolume("v", 1 << 20, copies: Math.Min(nodes, 3));
        Cluster.AwaitHealth();
        _pool = Cluster.Nodes[0]!.Pools.Single().Record.Id;
        for (var node = 0; node < nodes; node++)
            Servers.Add(Serve(node));
        Assert.That(World.RunUntil(() => Owner >= 0, 60 * SecondNs), "the file system has an owner");
    }

    public static byte[] Key => _key;

    public ClusterFixture Cluster { get; }

    public SimulatedWorld World => Cluster.World;

    /// <summary>The front-ends; null for one that is down.</summary>
    public List<NfsServer?> Servers { get; } = [];

    /// <summary>The handle of the uppermost directory.</summary>
    public static byte[] Root => Handle(new FileHandle
    {
        Export = 1,
        FileSystem = FileSystem,
        Inode = FileService.RootInode,
        Generation = FileService.RootGeneration,
    });

    /// <summary>The node that serves the file system as its owner; -1: none.</summary>
    public int Owner => Enumerable.Range(0, Servers.Count).FirstOrDefault(IsOwner, -1);

    /// <summary>Everybody may do everything, as who they are.</summary>
    public static Export Open { get; } = new()
    {
        Id = 1,
        Path = "/default",
        FileSystem = FileSystem,
        Rules = [new ExportRule { Clients = IPNetwork.Parse("10.0.0.0/8"), Squash = Squash.None }],
    };

    public static byte[] Handle(FileHandle handle)
    {
        var bytes = new byte[FileHandle.Size];
        handle.Write(bytes, _key);
        return bytes;
    }

    /// <summary>A machine whose connections go to the given front-ends, one after the other.</summary>
    public NfsClient Client(string name, params int[] nodes)
    {
        var reactor = World.CreateReactor(name);
        var next = 0;
        var client = new NfsClient(reactor, () => new Endpoint(Cluster.Reactors[nodes[next++ % nodes.Length]].Host.Address, Port), () => PatienceNs);
        _clients.Add(client, reactor);
        return client;
    }

    public NfsAnswer Call(NfsClient client, NfsCall call) => World.Run(_clients[client], () => client.CallAsync(call), 120 * SecondNs);

    public NfsAnswer Call(NfsClient client, NfsCall call, uint xid) =>
        World.Run(_clients[client], () => client.CallAsync(call, xid), 120 * SecondNs);

    /// <summary>Bytes that are no proper arguments; the whole reply.</summary>
    public byte[] CallRaw(NfsClient client, uint procedure, byte[] arguments) =>
        World.Run(_clients[client], () => client.CallAsync(1_000_000 + procedure, procedure, arguments), 120 * SecondNs);

    public SimulatedRun<NfsAnswer> Start(NfsClient client, NfsCall call) => World.Start(_clients[client], () => client.CallAsync(call));

    /// <summary>Creates a file and returns its handle.</summary>
    public byte[] CreateFile(NfsClient client, string name)
    {
        var made = Call(client, NfsCall.Create(Root, name, CreateMode.Guarded));
        Assert.That(made.Status, Is.EqualTo(NfsStatus.Ok));
        return made.Handle;
    }

    public void Kill(int node)
    {
        Cluster.Kill(node);
        Servers[node] = null;
    }

    /// <summary>Starts a node again, with its front-end; only that where the node has been started.</summary>
    public void Restart(int node, bool isStarted = false)
    {
        if (!isStarted)
            Cluster.Restart(node);
        Assert.That(World.RunUntil(() => Cluster.Nodes[node]?.Pools.Count > 0, 60 * SecondNs));
        Servers[node] = Serve(node);
    }

    /// <summary>Whether any disk holds anything of a file's contents.</summary>
    public bool IsStored(ulong inode)
    {
        var space = SpaceId.OfContents(_pool, (int)FileSystem, inode);
        return Cluster.Stores.Exists(store => store.ListChangedSince(0).Any(summary => summary.Id.Space == space && summary.PresentBlocks > 0));
    }

    public bool IsOwner(int node) => Servers[node]?.FileSystems.Find(FileSystem)?.Owner.Service is not null;

    public void Dispose()
    {
        for (var node = 0; node < Servers.Count; node++)
        {
            if (Servers[node] is { } server)
                World.Run(Cluster.Reactors[node], server.StopAsync);
        }

        Cluster.Dispose();
    }

    private NfsServer Serve(int node)
    {
        var reactor = Cluster.Reactors[node];
        var block = Cluster.Nodes[node]!;
        return Cluster.Run(node, () =>
        {
            var server = new NfsServer(block, reactor, _key, _options) { Exports = new ExportTable([Open]) };
            Assert.That(server.FileSystems.Add(FileSystem, _pool));
            Assert.That(server.Listen(new Endpoint(reactor.Host.Address, Port)).Fault, Is.Null);
            return new ValueTask<NfsServer>(server);
        });
    }
}
