using Uss.Runtime.Simulated;
using Uss.Store;

namespace Uss.Simulation.Store;

/// <summary>
/// One store on one disk against <see cref="StoreModel"/>: clients change and read it at once, the process is killed
/// and the disk loses power at any point (in the middle of commits, checkpoints and recoveries), the disk fills up.
/// After each recovery every acknowledged change is there, every other one wholly or not at all.
/// </summary>
public sealed partial class StoreScenario(StoreDriver driver, StoreScenarioOptions options) : Scenario
{
    private const string DiskPath = "/disk";
    private const long LongNs = 600_000_000_000;
    private const long FullHostNs = 3_000_000_000;

    private readonly List<StoreOperation> _pending = [];
    private readonly StoreModel _model = new();
    private StoreSettings _settings = null!;
    private SimulatedDisk _disk = null!;
    private SimulatedReactor _reactor = null!;
    private IObjectStore _store = null!;
    private StoreWorkload _workload = null!;
    private int _issued;
    private int _runningClients;
    private bool _areClientsStopping;

    /// <inheritdoc/>
    public override int DefaultTicks => 160;

    /// <inheritdoc/>
    protected override int TicksOf(ulong seed) => seed % 10 == 0 ? 1200 : DefaultTicks;

    /// <inheritdoc/>
    protected override void Story()
    {
        ChooseMedium();
        SetUp();
        while (_issued < Ticks)
            RunEpoch();
        Heal();
    }

    private void SetUp()
    {
        var random = World.Stream("settings");
        var mebibytes = 8 << random.Next(4);
        _settings = new StoreSettings
        {
            DiskBytes = (long)mebibytes << 20,
            LogBytes = (128L << random.Next(5)) << 10,
            MapBytes = random.Next(5) == 0 ? 256 << 10 : (long)mebibytes << 18,
            MemoryBytes = 1L << (16 + random.Next(8)),
            IdleMs = random.Next(4) == 0 ? 1 : 1 + random.Next(100),
        };
        _disk = World.CreateDisk(
            DiskPath,
            _settings.DiskBytes,
            new SimulatedDiskOptions
            {
                NeedsFlush = random.Next(4) != 0,
                SectorBytes = random.Next(2) == 0 ? 512 : 4096,
                IsFile = random.Next(2) == 0,
            });
        _workload = new StoreWorkload(Workload, _model, options);
        _reactor = World.CreateReactor("node");
        var fault = World.Run(_reactor, () => driver.FormatAsync(_reactor, DiskPath, _settings));
        Require(fault is null, $"a sound disk can be formatted: {fault}");
        Open();
    }

    /// <summary>Clients work until they are done, something crashes, or the store is closed.</summary>
    private void RunEpoch()
    {
        BeginDamagePhase();
        BeginSpacePhase();
        var clients = 1 + Workload.Next(6);
        _areClientsStopping = false;
        for (var i = 0; i < clients; i++)
            StartClient();

        switch (Crashes.Next(10))
        {
            case < 2:
                RunAll();
                break;
            case 2:
                RunAll();
                CloseCleanly();
                break;
            default:
                World.RunUntilEvents(RandomEvents(4000), LongNs);
                Break();
                break;
        }

        Settle();
    }

    /// <summary>A number of events up to a bound, small ones as likely as large ones.</summary>
    private long RandomEvents(int most) => (long)Math.Exp(Crashes.NextDouble() * Math.Log(most));

    private void RunAll()
    {
        // On a full host even an answer may have to wait for room in the log.
        if (_isHostFull && !World.RunUntil(() => _runningClients == 0, FullHostNs))
        {
            Reached("answers that waited for space");
            _disk.Faults.HostFreeBytes = long.MaxValue;
        }

        RunUntil(() => _runningClients == 0, "clients come to an end");
    }

    private void RunUntil(Func<bool> condition, string what) =>
        Require(World.RunUntil(condition, LongNs), $"{what} (waited {LongNs / 1_000_000_000} s of virtual time)");

    /// <summary>Kills the process, cuts the power, or both one after the other.</summary>
    private void Break() => BreakBy((BreakKind)Crashes.Next(4));

    private void BreakBy(BreakKind kind)
    {
        if (_store is { Statistics: { } statistics } && statistics.Checkpoints > 0)
            Reached("crashes after a checkpoint");
        if (EndFaults() && kind == BreakKind.Crash)
            kind = BreakKind.PowerCut;
        if (kind is BreakKind.Crash or BreakKind.CrashThenPowerCut)
            World.Crash(_reactor);
        if (kind != BreakKind.Crash)
            World.PowerCut(_disk);
        _runningClients = 0;
        driver.Abandon(_store);
        Recover();
    }

    /// <summary>Closes the store, sometimes with a crash in the middle of that.</summary>
    private void CloseCleanly()
    {
        EndDamagePhase();
        var close = World.Start(
            _reactor,
            async () =>
            {
                await _store.CloseAsync();
                return true;
            });
        if (Crashes.Next(3) == 0)
        {
            World.RunUntilEvents(RandomEvents(300), LongNs);
            if (!close.IsDone)
            {
                Reached("closes interrupted");
                Break();
                return;
            }
        }

        RunUntil(() => close.IsDone, "a close comes to an end");
        Require(_reactor.Buffers.RentedBuffers == 0, $"a closed store holds no buffers, but {_reactor.Buffers.RentedBuffers} are rented");
        Require(!_disk.IsLocked, "a closed store has closed its disk");
        Reached("clean closes");
        if (Crashes.Next(2) == 0)
            World.PowerCut(_disk);
        if (Crashes.Next(2) == 0)
        {
            World.Crash(_reactor);
            _reactor = World.CreateReactor("node");
        }

        Open();
        Resolve();
    }

    /// <summary>Starts the process again until a recovery comes to its end undisturbed.</summary>
    private void Recover()
    {
        for (var attempt = 0; attempt < 4 && Crashes.Next(3) == 0; attempt++)
        {
            _reactor = World.CreateReactor("node");
            var open = World.Start(_reactor, () => driver.OpenAsync(_reactor, DiskPath, _settings));
            World.RunUntilEvents(RandomEvents(300), LongNs);
            Reached(open.IsDone ? "crashes right after recovery" : "recoveries interrupted");
            if (Crashes.Next(2) == 0)
                World.Crash(_reactor);
            if (Crashes.Next(3) != 0)
                World.PowerCut(_disk);
            World.Crash(_reactor);
            if (open is { IsDone: true, Result.IsOk: true })
                driver.Abandon(open.Result.Value);
        }

        _reactor = World.CreateReactor("node");
        Open();
        Resolve();
    }

    private enum BreakKind
    {
        Crash,
        CrashThenPowerCut,
        PowerCut,
        PowerCutAsWell,
    }

    private void Open()
    {
        var open = World.Start(_reactor, () => driver.OpenAsync(_reactor, DiskPath, _settings));
        RunUntil(() => open.IsDone, "an open comes to an end");
        if (_isHostFull && open.Result.Fault is { Code: "host-file-system-full" })
        {
            // Without room for a checkpoint a full log cannot be gone on with.
            Reached("opens refused for space");
            _disk.Faults.HostFreeBytes = long.MaxValue;
            open = World.Start(_reactor, () => driver.OpenAsync(_reactor, DiskPath, _settings));
            RunUntil(() => open.IsDone, "an open comes to an end");
        }

        Require(open.Result.IsOk, $"the store opens again: {open.Result.Fault}");
        _store = open.Result.Value!;
    }

    /// <summary>Between epochs: all that is known to have happened must be there.</summary>
    private void Settle()
    {
        EndSpacePhase();
        EndDamagePhase();
        if (_store.Statistics.ReadOnlyBecause is not null)
        {
            Reached("stores turned read-only");
            CloseCleanly();
            Resolve();
        }

        Require(_pending.Count == 0, "no operation is left undecided");
        Verify(isWhole: false);
    }

    private void Heal()
    {
        if (Crashes.Next(2) == 0)
            CloseCleanly();
        Verify(isWhole: false);
        VerifyAccounting();
        CloseCleanly();
        Verify(isWhole: true);
        VerifyAccounting();
    }
}
