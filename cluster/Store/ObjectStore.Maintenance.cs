using Uss.Runtime;

namespace Uss.Store;

/// <summary>What the store does by itself: barriers, checkpoints, discards.</summary>
public sealed partial class ObjectStore
{
    private const long NsPerMs = 1_000_000;
    private const long CheckpointRetryNs = 1000 * NsPerMs;

    private ReactorTimer? _idleTimer;
    private long _lastCommitNs;
    private long _checkpointNotBeforeNs;

    /// <summary>Writes a checkpoint now, for tests and benchmarks.</summary>
    internal async ValueTask<IoResult> CheckpointAsync()
    {
        await _checkpointer.WaitAsync();
        return await _checkpointer.RunAsync();
    }

    private void OnCommitted()
    {
        _lastCommitNs = _core.Reactor.MonotonicNs;
        if (_core.Relief.HasWaiters)
            _core.Relief.WakeAll();
        ConsiderCheckpoint();
        _trimmer.Consider();
        ArmIdleTimer(_core.Options.IdleBarrierMs);
    }

    private void OnFreed()
    {
        _log.ReleaseFrees();
        _trimmer.Consider();
        if (_core.Relief.HasWaiters)
            _core.Relief.WakeAll();
    }

    private void ConsiderCheckpoint()
    {
        var isDue = _log.IsFull || _log.UsedBytes > _core.Geometry.LogBytes / 2 || _core.IsMemoryTight;
        if (isDue && !_checkpointer.IsRunning && !_core.IsClosing && !_core.IsReadOnly)
            StartCheckpoint();
        else if (_log.IsFull && _core.RemovalsInFlight > 0)
            _core.Relief.WakeAll();
    }

    private void StartCheckpoint()
    {
        if (_core.Reactor.MonotonicNs >= _checkpointNotBeforeNs)
            _core.Reactor.Spawn(CheckpointWhenDueAsync());
        else if (_log.IsFull)
            _log.RejectQueued();
    }

    private async ValueTask CheckpointWhenDueAsync()
    {
        var io = await _checkpointer.RunAsync();
        _trimmer.Consider();
        if (io.IsOk || _core.IsReadOnly)
            return;

        // The host has no space for map images. The log goes on as long as there is room in it.
        _checkpointNotBeforeNs = _core.Reactor.MonotonicNs + CheckpointRetryNs;
        _core.Reactor.Schedule(CheckpointRetryNs, static state => ((ObjectStore)state!).OnCheckpointRetry(), this);
        _core.Relief.WakeAll();
        if (_log.IsFull)
            _log.RejectQueued();
        _core.Relief.WakeAll();
    }

    private void OnCheckpointRetry()
    {
        if (!_core.IsClosing && !_core.IsReadOnly)
            ConsiderCheckpoint();
    }

    // One timer, armed only when there is something that quiet time would let us do.
    private void ArmIdleTimer(int delayMs)
    {
        var hasWork = _log.NeedsBarrier || _log.UsedBytes > _core.Geometry.LogBytes / 16;
        if (_idleTimer is not null || !hasWork || _core.IsClosing || _core.IsReadOnly)
            return;
        _idleTimer = _core.Reactor.Schedule(delayMs * NsPerMs, static state => ((ObjectStore)state!).OnIdleTimer(), this);
    }

    private void OnIdleTimer()
    {
        _idleTimer = null;
        if (_core.IsClosing || _core.IsReadOnly)
            return;
        var quietMs = (_core.Reactor.MonotonicNs - _lastCommitNs) / NsPerMs;
        if (_log.IsIdle && quietMs >= _core.Options.IdleBarrierMs)
            _log.RequestBarrier();
        if (_log.NeedsBarrier)
        {
            ArmIdleTimer(_core.Options.IdleBarrierMs);
            return;
        }

        if (quietMs < _core.Options.IdleCheckpointMs)
            ArmIdleTimer((int)(_core.Options.IdleCheckpointMs - quietMs));
        else if (_log.UsedBytes > _core.Geometry.LogBytes / 16 && !_checkpointer.IsRunning)
            StartCheckpoint();
    }
}
