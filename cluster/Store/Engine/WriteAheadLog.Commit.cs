namespace Uss.Store;

/// <summary>From a batch in the log to durable, visible and acknowledged.</summary>
internal sealed partial class WriteAheadLog
{
    private async ValueTask RunCommitterAsync()
    {
        while (!_isStopping)
        {
            await _ready.WaitAsync();
            for (var count = CountReady(); count > 0; count = CountReady())
            {
                if (_core.Disk.NeedsFlush && (_core.Options.Faults & StoreFaults.AcknowledgeWithoutFlush) == 0)
                {
                    _core.Flushes++;
                    var io = await _core.Disk.FlushAsync();
                    if (!io.IsOk)
                        _core.Fail("disk-flush-failed", "Flushing", io);
                }

                if (_core.IsReadOnly)
                    break;
                for (; count > 0; count--)
                    Commit(_sealed.Dequeue());
            }
        }

        OnLoopEnded();
    }

    private int CountReady()
    {
        if (_core.IsReadOnly)
            return 0;
        var count = 0;
        foreach (var batch in _sealed)
        {
            if (!batch.IsReady)
                break;
            count++;
        }

        return count;
    }

    private void Commit(LogBatch batch)
    {
        var state = _core.State;
        foreach (var change in batch.Members)
        {
            if (change.Status != StoreStatus.Ok)
                EnqueueVoid(batch.Lsn, change.Ordinal, change);
            else if (change.Voided is { } voided)
                FreeExtents(voided);
            else
                state.Apply(change.Record, change.Extents.Span, change.Checksums, change.Slot, isTracked: true);
        }

        CloseFrees(batch.Lsn);
        CommittedLsn = batch.Lsn;
        CommittedPosition = batch.Position + batch.LengthBytes;
        CommittedHeaderChecksum = batch.HeaderChecksum;
        DurableBarrier = Math.Max(DurableBarrier, batch.Barrier);
        ReleaseFrees();

        // Callers run inline and may start new changes: everything above is in order before the first one is told.
        foreach (var change in batch.Members)
            Tell(change);
        batch.Members.Clear();
        _freeBatches.Push(batch);
        if (CanSeal)
            PostSeal();
        Committed?.Invoke();
    }

    private static void Tell(StoreChange change)
    {
        if (change.Voided is { } voided)
        {
            voided.Complete(voided.Status);
            change.Return();
        }
        else if (change.Record.Kind == LogRecordKind.VoidRecord)
        {
            change.Return();
        }
        else if (change.Status == StoreStatus.Ok)
        {
            change.Complete(StoreStatus.Ok);
        }
    }
}
