using Uss.Coordination.Simulated;
using Uss.NfsFrontend;
using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Owners;
using Uss.Replication;
using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Simulation.Cluster;
using Uss.Store;
using Uss.Volumes;

namespace Uss.Simulation.Nfs;

/// <summary>
/// One file system on a cluster of three or four nodes, each with an NFS front-end, and clients that mounted it <c>hard</c>: they send a call
/// again with the same number, through any front-end, whenever its connection ends or no answer comes. Processes are killed and frozen,
/// machines lose power, links are cut and slow, coordination is away.
/// </summary>
/// <remarks>
/// What is checked, each by a history of its own that must be linearizable: all names below one directory together with the numbers of
/// links, exactly as RFC 1813 has each call end; the length of each file; each block of each file, where a shorter length makes zeros of
/// what lies behind it. Not checked: that data and length of one write show at the same moment, times, permissions, and anything between
/// two directories of different groups. No call ends with an error of the server's. At the end the metadata is sound, names and links
/// agree with inodes, nothing is left to be done, and no disk holds contents of files that are gone.
/// </remarks>
public sealed partial class NfsScenario : Scenario
{
    private const long LongNs = 600_000_000_000;
    private const long NsPerMs = 1_000_000;

    private static readonly byte[] _key = [.. Enumerable.Range(1, FileHandle.KeyBytes).Select(i => (byte)i)];

    private readonly List<NfsNode> _nodes = [];
    private readonly List<NfsClient> _clients = [];
    private readonly List<SimulatedHost> _clientHosts = [];
    private readonly List<NfsGroup> _groups = [];
    private readonly CoordinationState _state = new();
    private FileServiceOptions _files = new();
    private int _pool;
    private readonly List<int> _steps = [];
    private int _calls;
    private int _running;
    private int _burst;
    private ulong _stamp;

    /// <inheritdoc/>
    public override int DefaultTicks => 200;

    /// <inheritdoc/>
    protected override int TicksOf(ulong seed) => seed % 10 == 0 ? 600 : DefaultTicks;

    /// <inheritdoc/>
    protected override void Story()
    {
        var settings = World.Stream("settings");
        SetUp(settings);
        MakeGroups(settings);
        for (var count = 2 + settings.Next(3); count > 0; count--)
            AddClient(settings);
        while (_calls < Ticks)
        {
            for (var faults = 1 + Crashes.Next(20); faults > 0; faults--)
            {
                RunAndUndo(1 + Crashes.Next(1L << (20 + Crashes.Next(11))));
                Disturb();
            }

            Rest();
        }

        Heal();
    }

    private void SetUp(SeededRandom random)
    {
        var storeOptions = new StoreOptions
        {
            MemoryBytes = 1L << (18 + random.Next(5)),
            IdleBarrierMs = 1 + random.Next(20),
            IdleCheckpointMs = 1 + random.Next(200),
            DiscardDelayMs = 1 + random.Next(20),
        };
        var options = new BlockNodeOptions
        {
            MemberStallNs = 500 * NsPerMs,
            DiskRetryNs = 50 * NsPerMs,
            ProgressNs = (16 * NsPerMs) << random.Next(8),
            Groups = 2 << random.Next(4),
            StrayNs = (500 * NsPerMs) << random.Next(4),
        };
        _files = new FileServiceOptions
        {
            OrphanNs = (500 * NsPerMs) << random.Next(5),
            LookNs = (100 * NsPerMs) << random.Next(5),
        };
        var served = new NfsServerOptions
        {
            Owners = new OwnerOptions
            {
                Metadata = new MetadataOptions { CacheBytes = 512 << 10, QuietNs = (10 * NsPerMs) << random.Next(10) },
                LogBytes = (256 << 10) << random.Next(3),
                Files = _files,
            },
        };
        var cluster = new PeerOptions { ClusterId = new Guid(1, 2, 3, new byte[8]), ClusterKey = new byte[32], Listen = default };
        for (var count = 3 + random.Next(2); count > 0; count--)
        {
            var node = new ClusterNode(World, $"n{_nodes.Count + 1}", _state, storeOptions, options, cluster, random.Next(LongNs));
            node.AddDisk(
                32 << 20,
                new SimulatedDiskOptions { NeedsFlush = random.Next(4) != 0, IsFile = random.Next(2) == 0 },
                new StoreFormatOptions { LogBytes = (256 << 10) << random.Next(3), MapBytes = 2 << 20 });
            _nodes.Add(new NfsNode(node, served, _key));
        }

        foreach (var node in _nodes)
            node.Cluster.Start();
        Require(World.RunUntil(() => _nodes.TrueForAll(IsConnected), LongNs), "the nodes find each other");
        MakeFileSystem();
    }

    // A volume makes the pool.
    private void MakeFileSystem()
    {
        var creator = _nodes[0].Cluster;
        var specification = new VolumeSpecification { Name = "a", SizeBytes = 1 << 20, Copies = 3 };
        var created = World.Run(creator.Reactor, () => creator.Node!.Volumes.CreateAsync(specification), LongNs);
        Require(created.IsOk, $"a volume can be created: {created.Fault}");
        _pool = creator.Node!.Pools.Single().Record.Id;
        foreach (var node in _nodes)
            node.Cluster.Reactor.Post(_ => node.Serve(_pool), null);
        Require(World.RunUntil(() => _nodes.TrueForAll(node => node.Server is not null), LongNs), "all front-ends listen");
    }

    private void MakeGroups(SeededRandom random)
    {
        var reactor = World.CreateReactor("maker");
        var client = new NfsClient(reactor, () => _nodes[0].Endpoint, () => LongNs);
        var root = new byte[FileHandle.Size];
        new FileHandle
        {
            Export = NfsNode.Export,
            FileSystem = NfsNode.FileSystem,
            Inode = FileService.RootInode,
            Generation = FileService.RootGeneration,
        }.Write(root, _key);
        for (var count = 1 + random.Next(2); count > 0; count--)
        {
            var made = World.Run(reactor, () => client.CallAsync(NfsCall.MakeDirectory(root, $"group{count}")), LongNs);
            Require(made.Status == NfsStatus.Ok, $"a directory can be made: {made.Status}");
            _groups.Add(new NfsGroup(made.Attributes!.Value.Inode | NameState.DirectoryBit, made.Handle));
        }
    }

    private void AddClient(SeededRandom random)
    {
        var name = $"c{_clients.Count + 1}";
        var choices = World.Stream("workload " + name);
        var reactor = World.CreateReactor(name);
        var patienceNs = (1_000 * NsPerMs) << random.Next(4);
        var client = new NfsClient(reactor, () => _nodes[choices.Next(_nodes.Count)].Endpoint, () => patienceNs + choices.Next(patienceNs));
        _clients.Add(client);
        _clientHosts.Add(reactor.Host);
        for (var count = 1 + random.Next(3); count > 0; count--)
        {
            var worker = new NfsWorker($"{name}.{count}", client, _groups[random.Next(_groups.Count)], choices, () => ++_stamp);
            var number = _running++;
            _steps.Add(0);
            World.Start(reactor, () => RunAsync(worker, number, choices));
        }
    }

    private async ValueTask<bool> RunAsync(NfsWorker worker, int number, SeededRandom random)
    {
        while (_calls < Ticks)
        {
            _calls++;
            await Reactor.Current.DelayAsync(PauseNs(random));
            await worker.StepAsync();
            _steps[number]++;
        }

        _steps[number] = int.MaxValue;
        _running--;
        return true;
    }

    // Around a disturbance clients are busy; between them they take their time, so that work and faults meet.
    private long PauseNs(SeededRandom random)
    {
        if (_burst == 0)
            return 1 + random.Next(100 * NsPerMs);
        _burst--;
        return random.Next(4) == 0 ? 1 + random.Next(2 * NsPerMs) : 1;
    }

    private bool IsConnected(NfsNode node) =>
        node.Cluster.Node?.Peers is { } peers
        && peers.All.Count == _nodes.Count - 1
        && peers.All.All(peer => peer.IsConnected && peer.Disks.Count > 0);
}
