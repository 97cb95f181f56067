using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Store;

/// <summary>Writes and discards.</summary>
public sealed partial class ObjectStore
{
    // Slots that ordinary writes leave for the marks of deletions.
    private const int ReservedSlots = 64;

    /// <inheritdoc/>
    public ValueTask<StoreResult> WriteAsync(StoreWrite write) => WriteAsync(write, isNewest: false);

    /// <inheritdoc/>
    public ValueTask<StoreResult> DiscardAsync(ObjectId id, int firstBlock, int blockCount, ulong version, uint snapshotSequence = 0) =>
        DiscardAsync(id, firstBlock, blockCount, version, snapshotSequence, isNewest: false);

    // isNewest: no older layer has anything newer, as is known already.
    private ValueTask<StoreResult> WriteAsync(in StoreWrite write, bool isNewest)
    {
        var blocks = BlocksOf(write.Source);
        CheckRange(write.FirstBlock, blocks);
        Invariant.Check(write.Version is > 0 and <= StoreUnits.MaximumVersion && write.SnapshotSequence != StoreUnits.Head);
        Invariant.Check(write.Checksums.Length == 0 || write.Checksums.Length == blocks);
        if (RefuseChange() is { } refusal)
            return new ValueTask<StoreResult>(refusal);
        _activeOperations++;
        var admission = AdmitAsync(write.Id, write.SnapshotSequence);
        return admission.IsCompletedSuccessfully
            ? WriteAdmitted(write, isNewest, admission.Result)
            : WriteWhenAdmittedAsync(write, isNewest, admission);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<StoreResult> WriteWhenAdmittedAsync(
        StoreWrite write, bool isNewest, ValueTask<(StoreStatus Status, int Slot)> admission) =>
        await WriteAdmitted(write, isNewest, await admission);

    private ValueTask<StoreResult> WriteAdmitted(in StoreWrite write, bool isNewest, (StoreStatus Status, int Slot) admission)
    {
        var (status, slot) = admission;
        if (status == StoreStatus.Ok && !isNewest && MayBeStale(slot, write.Version))
            return WriteWhereNewestAsync(write, slot);
        if (status == StoreStatus.Ok && !TryReservePages(PagesNeeded(BlocksOf(write.Source)), _core.State.ImagePagesForWrites))
        {
            status = StoreStatus.NoSpace;
            Unpin(slot);
        }

        if (status == StoreStatus.Ok)
        {
            var change = _core.RentChange();
            PrepareWrite(write, slot, change);
            return LogWriteAsync(change);
        }

        EndOperation();
        return new ValueTask<StoreResult>(new StoreResult(status));
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<StoreResult> DiscardAsync(
        ObjectId id, int firstBlock, int blockCount, ulong version, uint snapshotSequence, bool isNewest)
    {
        CheckRange(firstBlock, blockCount);
        Invariant.Check(version is > 0 and <= StoreUnits.MaximumVersion && snapshotSequence != StoreUnits.Head);
        if (RefuseChange() is { } refusal)
            return refusal;

        // What was never written needs no hole, and nothing to remember.
        if (_core.State.Marks.IsDeleted(id.Space) || _core.State.Table.Find(id) < 0)
            return StoreResult.Ok;
        _activeOperations++;
        var (status, slot) = await AdmitAsync(id, snapshotSequence);
        if (status == StoreStatus.Ok && !isNewest && MayBeStale(slot, version))
            return await DiscardWhereNewestAsync(id, firstBlock, blockCount, version, snapshotSequence, slot);
        if (status == StoreStatus.Ok)
        {
            var pages = blockCount == StoreUnits.BlocksPerObject ? 0 : PagesNeeded(blockCount);
            var isTight = !TryReservePages(pages, _core.State.ImagePagesForDiscards);
            if (isTight && _core.State.Table.Older(slot) >= 0)
                status = StoreStatus.NoSpace;
            else
                status = await LogDiscardAsync(id, firstBlock, blockCount, version, snapshotSequence, slot, isTight);
            _core.State.ImagePagesReserved -= isTight ? 0 : pages;
            Unpin(slot);
        }

        EndOperation();
        return new StoreResult(status);
    }

    private StoreResult? RefuseChange() =>
        _core.IsClosing ? new StoreResult(StoreStatus.Closed)
        : _core.IsReadOnly ? new StoreResult(StoreStatus.IoError)
        : null;

    // Worst case: each block is a new entry, and the map crosses into one more page.
    private static int PagesNeeded(int blocks) => 1 + MapImage.PagesFor(blocks);

    private bool TryReservePages(int pages, long limit)
    {
        if (_core.State.ImagePagesNeeded + _core.State.ImagePagesReserved + pages > limit)
            return false;
        _core.State.ImagePagesReserved += pages;
        return true;
    }

    // Finds or adds the layer, pins it and brings its map into memory. The pin is the caller's when the status is Ok.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<(StoreStatus Status, int Slot)> AdmitAsync(ObjectId id, uint sequence)
    {
        var table = _core.State.Table;
        while (_core.IsMemoryShort || _remover.IsLeaving(id, sequence))
        {
            _core.MemoryWaits += _core.IsMemoryShort ? 1 : 0;
            ConsiderCheckpoint();

            // A host without space for a checkpoint leaves no way to make memory free.
            if (_core.IsMemoryShort && !_checkpointer.IsRunning && _core.Reactor.MonotonicNs < _checkpointNotBeforeNs)
                return (StoreStatus.NoSpace, -1);
            await _core.Relief.WaitAsync();
            if (_core.IsReadOnly)
                return (StoreStatus.IoError, -1);
        }

        var slot = table.FindLayer(id, sequence);
        if (slot < 0 && table.UsedSlots < table.Slots - ReservedSlots)
            slot = table.Add(id, sequence, TableEntryKind.Reserved);
        if (slot < 0)
            return (StoreStatus.NoSpace, -1);
        table.State(slot).Pins++;
        if (await _loader.LoadAsync(slot))
            return (StoreStatus.Ok, slot);
        Unpin(slot);
        return (StoreStatus.Damaged, -1);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<bool> AllocateWhenFreedAsync(int blocks, StoreChange change)
    {
        // Blocks that will be free in a moment are worth waiting for, but not for ever: each round must bring some.
        do
        {
            var coming = _core.State.Frees.Blocks + _core.BlocksInDiscard;
            if (_core.State.Allocator.FreeBlocks + coming < blocks || _core.IsReadOnly)
                return false;
            _log.RequestBarrier();
            await _core.Relief.WaitAsync();
        }
        while (!_core.State.Allocator.TryAllocate(blocks, change.Extents));

        return true;
    }

    // What the write needs is in the change, so that the state kept over the waits, which is copied, is small.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<StoreResult> LogWriteAsync(StoreChange change)
    {
        var slot = change.Slot;
        var blocks = change.ChecksumCount;
        StoreResult result;
        if (_core.State.Allocator.TryAllocate(blocks, change.Extents) || await AllocateWhenFreedAsync(blocks, change))
        {
            // Data and record are under way at the same time; most writes are one run.
            var first = StartData(change, 0, out var position);
            var others = change.Extents.Count > 1 ? WriteOthersAsync(change, position) : default;
            _log.Enqueue(change);
            var io = await first;
            if (change.Extents.Count > 1)
                io = Worse(io, await others);
            OnDataWritten(change, io);
            result = await change.Task;
            if (result.IsOk)
                _core.BytesAccepted += (long)blocks * StoreUnits.BlockBytes;
        }
        else
        {
            change.Return();
            result = new StoreResult(_core.IsReadOnly ? StoreStatus.IoError : StoreStatus.NoSpace);
        }

        _core.State.ImagePagesReserved -= PagesNeeded(blocks);
        Unpin(slot);
        EndOperation();
        return result;
    }

    private void OnDataWritten(StoreChange change, IoResult io)
    {
        if (io.IsOk)
            _core.BytesWritten += change.Source.Length;
        else if (io.Error != Errno.NoSpace)
            _core.Fail("disk-write-failed", "Writing", io);
        _log.OnDataWritten(change, io.IsOk ? StoreStatus.Ok : io.Error == Errno.NoSpace ? StoreStatus.NoSpace : StoreStatus.IoError);
    }

    // A lack of space is an answer; any other error ends the disk's use.
    private static IoResult Worse(IoResult one, IoResult other) =>
        !other.IsOk && (one.IsOk || one.Error == Errno.NoSpace) ? other : one;

    private static void PrepareWrite(in StoreWrite write, int slot, StoreChange change)
    {
        var blocks = write.Source.Length / StoreUnits.BlockBytes;
        change.Record.Kind = LogRecordKind.Write;
        change.Record.FirstBlock = (ushort)write.FirstBlock;
        change.Record.BlockCount = (ushort)blocks;
        change.Record.Space = write.Id.Space;
        change.Record.Index = write.Id.Index;
        change.Record.Sequence = write.SnapshotSequence;
        change.Record.Version = write.Version;
        change.Source = write.Source;
        change.Slot = slot;
        change.IsDataPending = true;
        var checksums = change.ResizeChecksums(blocks);
        if (write.Checksums.Length > 0)
        {
            write.Checksums.Span.CopyTo(checksums);
            return;
        }

        for (var i = 0; i < blocks; i++)
            checksums[i] = Crc32C.Compute(BlockOf(write.Source, i).Span);
    }

    private ValueTask<IoResult> StartData(StoreChange change, int index, out int end, int position = 0)
    {
        var extent = change.Extents[index];
        var length = extent.Length * StoreUnits.BlockBytes;
        end = position + length;
        return _core.Disk.WriteAsync((long)extent.Address * StoreUnits.BlockBytes, change.Source.Slice(position, length));
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<IoResult> WriteOthersAsync(StoreChange change, int position)
    {
        var count = change.Extents.Count;
        var tasks = System.Buffers.ArrayPool<ValueTask<IoResult>>.Shared.Rent(count);
        for (var i = 1; i < count; i++)
            tasks[i] = StartData(change, i, out position, position);
        var result = await tasks[1];
        for (var i = 2; i < count; i++)
            result = Worse(result, await tasks[i]);
        System.Buffers.ArrayPool<ValueTask<IoResult>>.Shared.Return(tasks);
        return result;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<StoreStatus> LogDiscardAsync(
        ObjectId id, int firstBlock, int blockCount, ulong version, uint sequence, int slot, bool isTight)
    {
        var change = _core.RentChange();
        change.Record.Kind = LogRecordKind.Discard;
        change.Record.Flags = isTight ? LogRecord.OnlyPresentFlag : (byte)0;
        change.Record.FirstBlock = (ushort)firstBlock;
        change.Record.BlockCount = (ushort)blockCount;
        change.Record.Space = id.Space;
        change.Record.Index = id.Index;
        change.Record.Sequence = sequence;
        change.Record.Version = version;
        change.Slot = slot;
        _log.Enqueue(change);
        return (await change.Task).Status;
    }
}
