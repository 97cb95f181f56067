using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Simulation.Blocks;
using Uss.Target;
using Uss.Target.Iscsi;
using Uss.Target.Scsi;

namespace Uss.Simulation.Target;

/// <summary>
/// The iSCSI target under initiators on a bad network: connections are reset, links block in one direction or become
/// slow, commands are aborted, units reset, sessions replaced, the target killed. No acknowledged write is lost, and none
/// is applied once its task was aborted or its session replaced.
/// </summary>
public sealed partial class TargetScenario : Scenario
{
    private const string TargetName = "iqn.2026-11.local.uss:default";
    private const string VolumeName = "demo";
    private const int Blocks = 2048;
    private const int Port = 3260;
    private const long LongNs = 600_000_000_000;

    private readonly MemoryMedium _medium = new();
    private readonly List<SimulatedInitiator> _initiators = [];
    private BlockHistory _history = null!;
    private BlockWorkload _workload = null!;
    private SimulatedReactor _reactor = null!;
    private IscsiTarget _target = null!;
    private IscsiTargetOptions _options = null!;
    private int _requests;

    /// <inheritdoc/>
    public override int DefaultTicks => 400;

    /// <inheritdoc/>
    protected override void Story()
    {
        var settings = World.Stream("settings");
        _history = new BlockHistory(Blocks);
        _workload = new BlockWorkload(Workload, _history);
        _options = new IscsiTargetOptions
        {
            MaxRecvDataSegmentLength = 512 << settings.Next(10),
            CommandWindow = 1 << settings.Next(8),
            SessionDataBytes = 4096L << settings.Next(12),
            KeepAliveIntervalMs = 200 + settings.Next(5000),
            KeepAliveTimeoutMs = 200 + settings.Next(5000),
        };
        StartTarget();
        var initiators = 1 + settings.Next(3);
        for (var i = 0; i < initiators; i++)
            _initiators.Add(new SimulatedInitiator(this, i, 1 + settings.Next(6)));
        foreach (var initiator in _initiators)
            initiator.Start();

        while (_requests < Ticks)
        {
            Require(World.NowNs < LongNs * 2, "clients make progress");
            World.RunFor(1 + Crashes.Next(1L << (16 + Crashes.Next(13))));
            Disturb();
        }

        Heal();
    }

    private bool TakeTurn()
    {
        if (_requests >= Ticks)
            return false;
        _requests++;
        return true;
    }

    private void StartTarget()
    {
        _reactor = World.CreateReactor("target");
        var configuration = new TargetConfiguration
        {
            Iqn = TargetName,
            Initiators = [new InitiatorRule { Iqn = "*" }],
            Luns = [new LunMapping(0, VolumeName)],
        };
        var volume = new MemoryVolume(VolumeName, 0x1234, (long)Blocks * BlockContent.BlockBytes, _medium, World.Stream("volume"));
        _target = World.Run(
            _reactor,
            () =>
            {
                var device = new ScsiDevice(_reactor.Buffers);
                device.ApplyConfiguration(configuration, name => name == VolumeName ? volume : null);
                var target = new IscsiTarget(_options, configuration, device);
                var listening = target.Listen(new Endpoint(_reactor.Host.Address, Port));
                Require(listening.IsOk, $"the target can listen: {listening.Fault}");
                return ValueTask.FromResult(target);
            });
    }

    /// <summary>One thing goes wrong, or comes right again.</summary>
    private void Disturb()
    {
        var initiator = _initiators[Crashes.Next(_initiators.Count)];
        var chance = Crashes.Next(20);
        World.Trace?.Invoke($"{World.NowNs} disturbance {chance} of {initiator.Host.Name}");
        switch (chance)
        {
            case 0:
                World.Network.Reset(initiator.Host);
                break;
            case 1:
                World.Network.Link(initiator.Host, _reactor.Host).IsBlocked = true;
                break;
            case 2:
                World.Network.Link(_reactor.Host, initiator.Host).IsBlocked = true;
                break;
            case 3:
                World.Network.Link(_reactor.Host, initiator.Host).BytesPerSecond = 1 << (14 + Crashes.Next(8));
                break;
            case 4:
                World.Network.Link(initiator.Host, _reactor.Host).ResetProbability = 0.01;
                break;
            case 5 when Crashes.Next(3) == 0:
                World.Crash(_reactor);
                StartTarget();
                Reached("targets killed");
                break;
            case 6 when Crashes.Next(3) == 0:
                initiator.Crash();
                Reached("initiators killed");
                break;
            case 7:
                initiator.ResetUnit();
                Reached("unit resets");
                break;
            case < 14:
                World.Network.Heal();
                break;
        }
    }

    private void Heal()
    {
        World.Network.Heal();
        Require(World.RunUntil(() => _initiators.TrueForAll(initiator => initiator.IsDone), LongNs), "all clients come to an end");
        var last = new SimulatedInitiator(this, _initiators.Count, 1);
        last.ReadAll();
        Require(World.RunUntil(() => last.IsDone, LongNs), "the last reads come to an end");
        var isStopped = World.Run(_reactor, () => _target.StopAsync());
        Require(isStopped, "the target stops in time");
        World.RunFor(1_000_000_000);
        Require(_reactor.Buffers.RentedBuffers == 0, $"a stopped target holds no buffers, but {_reactor.Buffers.RentedBuffers}");
        foreach (var initiator in _initiators)
            Require(initiator.RentedBuffers == 0, "the initiator itself holds no buffers");
        var violation = _history.FindViolation();
        Require(violation is null, violation!);
    }
}
