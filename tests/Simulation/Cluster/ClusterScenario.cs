using Uss.Coordination.Simulated;
using Uss.Replication;
using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Store;
using Uss.Volumes;

namespace Uss.Simulation.Cluster;

/// <summary>
/// Three to five nodes with replicated volumes over real stores on simulated disks, and initiators that work through
/// several front-ends, while processes are killed and frozen, machines lose power, links are cut one way or both, disks
/// fail, and the coordination store stops answering some nodes or all. Every block's history must be linearizable, and
/// what an initiator gave up on happened before that or never; at the end all copies are equal.
/// </summary>
public sealed partial class ClusterScenario(bool isForced = false) : Scenario
{
    private const long LongNs = 600_000_000_000;
    private const long NsPerMs = 1_000_000;
    private const int Blocks = 2560;

    private readonly List<ClusterNode> _nodes = [];
    private readonly List<ClusterVolume> _volumes = [];
    private readonly CoordinationState _state = new();
    private Func<ClusterNode> _buildNode = null!;
    private int _built;
    private int _requests;
    private int _burst;

    /// <inheritdoc/>
    public override int DefaultTicks => 200;

    /// <inheritdoc/>
    protected override int TicksOf(ulong seed) => seed % 10 == 0 ? 600 : DefaultTicks;

    /// <inheritdoc/>
    protected override void Story()
    {
        SetUp();
        while (_requests < Ticks)
        {
            Require(World.NowNs < 10 * LongNs, "clients make progress");
            RunAndUndo(1 + Crashes.Next(1L << (20 + Crashes.Next(11))));
            Disturb();
            SpoilHalfway();
            ComeToDisaster();
        }

        Heal();
    }

    private void SetUp()
    {
        var random = World.Stream("settings");
        var storeOptions = new StoreOptions
        {
            MemoryBytes = 1L << (18 + random.Next(5)),
            IdleBarrierMs = 1 + random.Next(20),
            IdleCheckpointMs = 1 + random.Next(200),
            DiscardDelayMs = 1 + random.Next(20),
        };
        var options = new BlockNodeOptions
        {
            SplitBelowCopies = ChooseSplits(),
            MemberStallNs = 500 * NsPerMs,
            DiskRetryNs = 50 * NsPerMs,
            ProgressNs = (16 * NsPerMs) << random.Next(8),
            Groups = 2 << random.Next(4),
            StrayNs = (500 * NsPerMs) << random.Next(4),
        };
        var cluster = new PeerOptions { ClusterId = new Guid(1, 2, 3, new byte[8]), ClusterKey = new byte[32], Listen = default };
        _buildNode = () => BuildNode(storeOptions, options, cluster, random);
        for (var i = 3 + random.Next(3); i > 0; i--)
            _nodes.Add(_buildNode());
        foreach (var node in _nodes)
            node.Start();
        Require(World.RunUntil(() => _nodes.TrueForAll(IsConnected), LongNs), "the nodes find each other");
        ChooseDiskFaults(random);
        ChooseAdministrator();
        CreateVolume("a", _rottingDisk is null && random.Next(4) == 0 ? 2 : 3, random);
        if (random.Next(2) == 0)
            CreateVolume("b", _rottingDisk is null ? 2 + random.Next(2) : 3, random);
    }

    private ClusterNode BuildNode(StoreOptions storeOptions, BlockNodeOptions options, PeerOptions cluster, SeededRandom random)
    {
        var node = new ClusterNode(World, $"n{++_built}", _state, storeOptions, options, cluster, random.Next(LongNs));
        for (var disks = 1 + random.Next(2); disks > 0; disks--)
            AddDisk(node, random);
        return node;
    }

    private static SimulatedDisk AddDisk(ClusterNode node, SeededRandom random) => node.AddDisk(
        24 << 20,
        new SimulatedDiskOptions { NeedsFlush = random.Next(4) != 0, IsFile = random.Next(2) == 0 },
        new StoreFormatOptions { LogBytes = 256 << 10 << random.Next(3), MapBytes = 2 << 20 });

    private bool IsConnected(ClusterNode node) =>
        node.Node?.Peers is { } peers
        && peers.All.Count(IsExpected) == _nodes.Count - 1
        && peers.All.Where(IsExpected).All(peer => peer.IsConnected && (peer.Disks.Count > 0 || HasNoDisk(peer.Name)));

    private bool IsExpected(Peer peer) => !_gone.Concat(_returning).Any(node => node.Name == peer.Name);

    // In the end also one whose only disk was refused since what it should have replaced is gone.
    private bool HasNoDisk(string name) => _nodes.Exists(
        node => node.Name == name && node.Disks.TrueForAll(disk => _isHealing && !IsRegistered(node, disk)));

    private void CreateVolume(string name, int copies, SeededRandom random)
    {
        var specification = new VolumeSpecification { Name = name, SizeBytes = (long)Blocks * StoreUnits.BlockBytes, Copies = copies };
        var creator = _nodes[random.Next(_nodes.Count)];
        var created = World.Run(creator.Reactor, () => creator.Node!.Volumes.CreateAsync(specification), LongNs);
        Require(created.IsOk, $"a volume can be created: {created.Fault}");
        var volume = new ClusterVolume(this, name, copies, creator.Node!.Volumes.Find(name)!.Space);
        _volumes.Add(volume);
        for (var i = 1 + random.Next(4); i > 0; i--)
            volume.AddInitiator();
    }

    private bool TakeTurn()
    {
        if (_requests >= Ticks)
            return false;
        _requests++;
        return true;
    }

    // Around a disturbance initiators are busy; between them they take their time, so that work and faults meet.
    private long PauseNs(SeededRandom random)
    {
        if (_burst == 0)
            return random.Next(100 * NsPerMs);
        _burst--;
        return random.Next(4) == 0 ? random.Next(2 * NsPerMs) : 1;
    }
}
