using Uss.Store;

namespace Uss.Simulation.Store;

/// <summary>Phases in which the disk or the host's file system is full.</summary>
public sealed partial class StoreScenario
{
    // A store that could not write a checkpoint tries again after a while.
    private const long SpaceRetryNs = 2_000_000_000;

    // What a dropped snapshot or deleted space held returns in the background.
    private const long SpaceReturnNs = 100_000_000;

    private long _shortUntilNs;

    private void BeginSpacePhase()
    {
        if (!options.FillsUp || !_disk.Options.IsFile || Workload.Next(8) != 0)
            return;
        _isHostFull = true;
        _disk.Faults.HostFreeBytes = Workload.Next(256) * (long)StoreUnits.BlockBytes;
        Reached("epochs with a full host file system");
    }

    private void EndSpacePhase()
    {
        _disk.Faults.HostFreeBytes = long.MaxValue;
        if (!_isHostFull)
            return;
        _isHostFull = false;
        _shortUntilNs = World.NowNs + SpaceRetryNs;
    }

    /// <summary>
    /// True when a store may say that it is full. Freed blocks return with a delay, and every write needs room before
    /// what it replaces is freed; but a store that is less than half full has no excuse.
    /// </summary>
    private bool IsSpaceShort(StoreOperation refused)
    {
        if (_isHostFull || World.NowNs < _shortUntilNs || driver.IsMetadataShort(_store))
            return true;
        var blocks = _model.CountData();
        foreach (var operation in _pending)
            blocks += operation == refused ? 0 : operation.BlockCount;
        return (blocks + refused.BlockCount) * 2 * StoreUnits.BlockBytes >= _store.Statistics.DataBytes;
    }
}
