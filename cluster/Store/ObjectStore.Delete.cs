namespace Uss.Store;

/// <summary>Deleting spaces and dropping snapshots: one durable mark at once, the work in the background.</summary>
public sealed partial class ObjectStore
{
    /// <inheritdoc/>
    public ValueTask<StoreResult> DeleteSpaceAsync(ulong space) => MarkAsync(LogRecordKind.DeleteSpace, space, 0);

    /// <inheritdoc/>
    public ValueTask<StoreResult> DropSnapshotAsync(ulong space, uint snapshotSequence) =>
        MarkAsync(LogRecordKind.DropSequence, space, snapshotSequence);

    /// <inheritdoc/>
    public void ForgetHoles(Func<ObjectId, ulong> settledVersion) => _remover.Forget(settledVersion);

    private async ValueTask<StoreResult> MarkAsync(LogRecordKind kind, ulong space, uint sequence)
    {
        if (RefuseChange() is { } refusal)
            return refusal;
        if (_core.State.Table.UsedSlots >= _core.State.Table.Slots - _marksInFlight)
            return new StoreResult(StoreStatus.NoSpace);
        _activeOperations++;
        _marksInFlight++;
        var change = _core.RentChange();
        change.Record.Kind = kind;
        change.Record.Space = space;
        change.Record.Sequence = sequence;
        _log.Enqueue(change);
        var result = await change.Task;
        if (result.IsOk)
            _remover.Resume();
        _marksInFlight--;
        EndOperation();
        return result;
    }
}
