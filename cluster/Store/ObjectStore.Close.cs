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
        while (_activeOperations > 0)
            await _drained.WaitAsync();
        await _log.StopAsync();
        await _core.Disk.CloseAsync();
        _core.Dispose();
    }

    /// <summary>Frees the memory of a store whose process died in simulation. Nothing of it may run any more.</summary>
    internal void Abandon() => _core.Dispose();

    /// <inheritdoc/>
    public ValueTask<StoreResult> DeleteSpaceAsync(ulong space) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<StoreResult> DropSnapshotAsync(ulong space, uint snapshotSequence) => throw new NotSupportedException();
}
