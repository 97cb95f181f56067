namespace Uss.Store;

/// <summary>Closing.</summary>
public sealed partial class ObjectStore
{
    /// <inheritdoc/>
    public async ValueTask CloseAsync()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        _core.IsClosing = true;
        _idleTimer?.Cancel();
        _core.Relief.WakeAll();
        while (_activeOperations > 0)
            await _drained.WaitAsync();
        await _remover.StopAsync();
        await _trimmer.StopAsync();
        await _checkpointer.WaitAsync();
        if (!_core.IsReadOnly && _log.UsedBytes > 0)
            await _checkpointer.RunAsync();
        await _log.StopAsync();
        await _core.Disk.CloseAsync();
        _core.Dispose();
    }

    /// <summary>Frees the memory of a store whose process died in simulation. Nothing of it may run any more.</summary>
    internal void Abandon() => _core.Dispose();
}
