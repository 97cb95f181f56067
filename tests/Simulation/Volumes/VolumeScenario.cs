using Uss.Coordination.Simulated;
using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Store;
using Uss.Volumes;

namespace Uss.Simulation.Volumes;

/// <summary>
/// The whole block layer of one node: volumes with one and two copies over real stores on simulated disks, with several
/// clients at once, while the process is killed, the machine loses power, one disk goes away and comes back, bits rot on
/// it, the coordination store stops answering and volumes are resized. Every block's history must be linearizable; at
/// the end all copies are equal and nothing is left over.
/// </summary>
public sealed partial class VolumeScenario : Scenario
{
    private const long LongNs = 600_000_000_000;
    private const int Blocks = 2560;

    private readonly List<SimulatedDisk> _disks = [];
    private readonly List<ObjectStore?> _stores = [];
    private readonly List<VolumeUnderTest> _volumes = [];
    private readonly CoordinationState _state = new();
    private readonly SimulatedCoordinationFaults _coordination = new();
    private SimulatedReactor _reactor = null!;
    private BlockNode _node = null!;
    private BlockNodeOptions _options = null!;
    private StoreOptions _storeOptions = null!;
    private SimulatedDisk _victim = null!;
    private bool _isVictimAway;
    private int _requests;

    /// <inheritdoc/>
    public override int DefaultTicks => 150;

    /// <inheritdoc/>
    protected override int TicksOf(ulong seed) => seed % 10 == 0 ? 600 : DefaultTicks;

    /// <inheritdoc/>
    protected override void Story()
    {
        SetUp();
        while (_requests < Ticks)
        {
            Require(World.NowNs < LongNs, "clients make progress");
            World.RunFor(1 + Crashes.Next(1L << (14 + Crashes.Next(11))));
            Disturb();
        }

        Heal();
    }

    private void SetUp()
    {
        var random = World.Stream("settings");
        _storeOptions = new StoreOptions
        {
            MemoryBytes = 1L << (18 + random.Next(5)),
            IdleBarrierMs = 1 + random.Next(20),
            IdleCheckpointMs = 1 + random.Next(200),
            DiscardDelayMs = 1 + random.Next(20),
        };
        _options = new BlockNodeOptions
        {
            DiskRetryNs = 50_000_000,
            Groups = ChooseSplits(),
            ProgressNs = 1_000_000L << random.Next(12),
        };
        _reactor = World.CreateReactor("node");
        var disks = 2 + random.Next(3);
        for (var i = 0; i < disks; i++)
            FormatDisk(i, random);
        _victim = _disks[random.Next(disks)];
        StartNode();

        // Rot is only for data that another copy covers.
        if (random.Next(3) != 0)
            CreateVolume("two", 2, 1 + random.Next(4));
        if (_volumes.Count == 0 || random.Next(3) == 0)
            CreateVolume("one", 1, 1 + random.Next(3));
        StartClients();
    }

    private void FormatDisk(int index, SeededRandom random)
    {
        var options = new SimulatedDiskOptions { NeedsFlush = random.Next(4) != 0, IsFile = random.Next(2) == 0 };
        var disk = World.CreateDisk($"/disk{index}", 24 << 20, options);
        var format = new StoreFormatOptions { LogBytes = 256 << 10 << random.Next(3), MapBytes = 2 << 20 };
        var formatted = World.Run(_reactor, () => ObjectStore.FormatAsync(_reactor, disk.Path, format));
        Require(formatted.IsOk, $"a sound disk can be formatted: {formatted.Fault}");
        _disks.Add(disk);
        _stores.Add(null);
    }

    private void StartNode()
    {
        var sources = _disks.ConvertAll(Source);
        var started = World.Run(_reactor, () => BlockNode.StartAsync(new SimulatedCoordinationStore(_state, _coordination), sources, _options), LongNs);
        Require(started.IsOk, $"the node starts: {started.Fault}");
        _node = started.Value!;
        Require(_isVictimAway || _node.Status.UnavailableGroups == 0, $"all groups serve when all disks are there: {_node.Status}");
    }

    private DiskSource Source(SimulatedDisk disk) => new(
        disk.Path,
        async () =>
        {
            var opened = await ObjectStore.OpenAsync(_reactor, disk.Path, _storeOptions);
            if (!opened.IsOk)
                return opened.Fault;
            _stores[_disks.IndexOf(disk)] = opened.Value;
            return Result<IObjectStore>.Ok(opened.Value);
        });

    private void CreateVolume(string name, int copies, int clients)
    {
        var specification = new VolumeSpecification { Name = name, SizeBytes = (long)Blocks * StoreUnits.BlockBytes, Copies = copies };
        var created = World.Run(_reactor, () => _node.Volumes.CreateAsync(specification), LongNs);
        Require(created.IsOk, $"a volume can be created: {created.Fault}");
        _volumes.Add(new VolumeUnderTest(this, name, copies, clients));
    }

    private void StartClients()
    {
        foreach (var volume in _volumes)
            volume.Start();
    }

    private bool TakeTurn()
    {
        if (_requests >= Ticks)
            return false;
        _requests++;
        return true;
    }
}
