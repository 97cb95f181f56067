using System.Diagnostics.CodeAnalysis;
using Uss.Runtime;

namespace Uss.Store;

/// <summary>From queued changes to a batch in the log.</summary>
internal sealed partial class WriteAheadLog
{
    private async ValueTask RunWriterAsync()
    {
        while (!_isStopping)
        {
            await _work.WaitAsync();
            if (_isStopping || !TrySeal(out var batch))
                continue;
            _isWriting = true;
            var offset = _core.Geometry.LogStart + (batch.Position % _core.Geometry.LogBytes);
            var io = await _core.Disk.WriteAsync(offset, batch.Buffer.Slice(0, batch.LengthBytes));
            _isWriting = false;
            if (!io.IsOk)
            {
                _core.Fail("log-write-failed", "Writing the log", io);
                continue;
            }

            _core.BytesWritten += batch.LengthBytes;
            batch.IsWritten = true;
            if (batch.IsReady)
                _ready.Set();
            if (CanSeal)
                PostSeal();
        }

        OnLoopEnded();
    }

    private bool CanSeal =>
        !_core.IsReadOnly && !_isWriting && _sealed.Count < MaximumSealed
        && (_queue.First is not null || _urgent.First is not null || _isBarrierWanted);

    private bool TrySeal([NotNullWhen(true)] out LogBatch? batch)
    {
        batch = null;
        if (!CanSeal)
            return false;
        DropFailed();
        var length = PlanBatch();
        if (length == 0 || !HasRoom(length))
            return false;
        batch = RentBatch();
        var payload = batch.Buffer.Slice().Span[LogBatchHeader.Bytes..];
        var used = Fill(batch, _urgent, payload, 0);
        var isUrgentDone = _urgent.First is null;
        if (isUrgentDone)
            used = Fill(batch, _queue, payload, used);
        _isRejecting &= _queue.First is not null;
        batch.LengthBytes = (LogBatchHeader.Bytes + used + StoreFormat.PageBytes - 1) / StoreFormat.PageBytes * StoreFormat.PageBytes;
        Invariant.Check(batch.LengthBytes == length);
        payload[used..(length - LogBatchHeader.Bytes)].Clear();

        // A barrier vouches for every record up to it, so the voids of failed ones must be in the log with it or before.
        var header = new LogBatchHeader
        {
            Lsn = _nextLsn++,
            Barrier = isUrgentDone ? CommittedLsn : _statedBarrier,
            LengthBytes = length,
            PayloadBytes = used,
            RecordCount = batch.Members.Count,
            PreviousHeaderChecksum = _previousHeaderChecksum,
            Incarnation = _incarnation,
            DiskIdHalf = _core.DiskIdHalf,
        };
        header.Seal(batch.Buffer.Slice().Span);
        batch.Lsn = header.Lsn;
        batch.Barrier = header.Barrier;
        batch.HeaderChecksum = header.HeaderChecksum;
        batch.Position = _head = PositionFor(length);
        _head += length;
        _statedBarrier = header.Barrier;
        _previousHeaderChecksum = header.HeaderChecksum;
        _isBarrierWanted = false;
        if (batch.Members.Count > 0)
            _lastRecordLsn = batch.Lsn;
        _sealed.Enqueue(batch);
        return true;
    }

    // Writes whose data could not be written before they came to be logged leave no trace. When the ring cannot be
    // emptied, no write is logged; discards and deletes are, as long as there is room, since they may free what is missing.
    private void DropFailed()
    {
        while (_queue.First is { IsDataPending: false } change
            && (change.Status != StoreStatus.Ok || (_isRejecting && (IsWrite(change) || !Fits(PageOf(change), RecordReserveDivisor)))))
        {
            _queue.Dequeue();
            FreeExtents(change);
            CloseFrees(0);
            change.Complete(change.Status == StoreStatus.Ok ? StoreStatus.NoSpace : change.Status);
        }

        _isRejecting &= _queue.First is not null;
    }

    private void CloseFrees(ulong lsn)
    {
        if (_core.State.Frees.HasOpen)
            _core.State.Frees.Close(lsn, _core.State.Epochs.Next());
    }

    private void FreeExtents(StoreChange change)
    {
        foreach (ref readonly var extent in change.Extents.Span)
        {
            for (var i = 0; i < extent.Length; i++)
                _core.State.Frees.Add(extent.Address + (ulong)i, isDiscard: false);
        }
    }

    private static bool IsWrite(StoreChange change) => change.Record.Kind == LogRecordKind.Write;

    private static int PageOf(StoreChange change) =>
        (LogBatchHeader.Bytes + change.RecordBytes + StoreFormat.PageBytes - 1) / StoreFormat.PageBytes * StoreFormat.PageBytes;

    // Length of the next batch in bytes; 0 when there is nothing to write.
    private int PlanBatch()
    {
        var maximum = _core.Geometry.MaximumBatchBytes;
        var length = LogBatchHeader.Bytes;
        _planned = PlannedRecords.None;
        for (var change = _urgent.First; change is not null; change = change.Next)
        {
            if (length + change.RecordBytes > maximum)
                return maximum;
            length += change.RecordBytes;
        }

        for (var change = _queue.First; IsLoggable(change) && length + change.RecordBytes <= maximum; change = change.Next)
        {
            length += change.RecordBytes;
            _planned |= IsWrite(change) ? PlannedRecords.Writes : PlannedRecords.Others;
        }

        return length == LogBatchHeader.Bytes && !_isBarrierWanted
            ? 0
            : (length + StoreFormat.PageBytes - 1) / StoreFormat.PageBytes * StoreFormat.PageBytes;
    }

    // A batch lies in one piece: one that does not fit before the end of the ring starts at its beginning.
    private long PositionFor(int length)
    {
        var left = _core.Geometry.LogBytes - (_head % _core.Geometry.LogBytes);
        return length <= left ? _head : _head + left;
    }

    private bool IsLoggable([NotNullWhen(true)] StoreChange? change) => change is not null && !(_isRejecting && IsWrite(change));

    // The last of the ring is kept from writes for discards and deletes, and the last of that for what a recovery logs.
    private bool HasRoom(int length)
    {
        IsFull = !Fits(length, (_planned & PlannedRecords.Writes) != 0 ? WriteReserveDivisor
            : _planned != PlannedRecords.None ? RecordReserveDivisor
            : 0);
        if (!IsFull)
            return true;
        _core.LogFullWaits++;
        Full?.Invoke();
        return false;
    }

    private bool Fits(int length, int reserveDivisor)
    {
        var reserve = reserveDivisor == 0 ? 0 : _core.Geometry.LogBytes / reserveDivisor;
        return PositionFor(length) + length - Tail <= _core.Geometry.LogBytes - reserve;
    }

    private int Fill(LogBatch batch, ChangeQueue queue, Span<byte> payload, int used)
    {
        var maximum = _core.Geometry.MaximumBatchBytes - LogBatchHeader.Bytes;
        while (queue.First is { } change && IsLoggable(change) && used + change.RecordBytes <= maximum)
        {
            queue.Dequeue();
            change.Batch = batch;
            change.Ordinal = batch.Members.Count;
            batch.Members.Add(change);
            if (change.IsDataPending)
                batch.PendingData++;
            used += change.Record.Write(payload[used..], change.Extents.Span, change.Checksums);
        }

        return used;
    }

    private LogBatch RentBatch()
    {
        if (!_freeBatches.TryPop(out var batch))
            batch = new LogBatch(_core.Reactor.Buffers.Rent(_core.Geometry.MaximumBatchBytes));
        batch.IsWritten = false;
        batch.PendingData = 0;
        return batch;
    }

    private void OnLoopEnded()
    {
        _loops--;
        _stopped.WakeAll();
    }
}
