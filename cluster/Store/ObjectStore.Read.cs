using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Store;

/// <summary>Reads.</summary>
public sealed partial class ObjectStore
{
    /// <inheritdoc/>
    public ValueTask<StoreResult> ReadAsync(ObjectId id, int firstBlock, BufferSlice target, uint snapshotSequence = StoreUnits.Head)
    {
        var blocks = BlocksOf(target);
        CheckRange(firstBlock, blocks);
        if (_core.IsClosing)
            return new ValueTask<StoreResult>(new StoreResult(StoreStatus.Closed));
        _activeOperations++;
        var request = RentRead(firstBlock, target);
        var missing = Resolve(id, snapshotSequence, request);
        return missing < 0 ? TransferAsync(request) : LoadAndTransferAsync(id, snapshotSequence, missing, request);
    }

    // All blocks have been looked up.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<StoreResult> TransferAsync(ReadRequest request)
    {
        if (request.Count > 0)
        {
            // From here to the end of the reads, the addresses looked up are not reused.
            var epoch = _core.State.Epochs.Begin();
            for (var i = 0; i < request.Count; i++)
            {
                ref var piece = ref request[i];
                piece.Task = _core.Disk.ReadAsync((long)piece.Address * StoreUnits.BlockBytes, SliceOf(request.Target, piece));
            }

            for (var i = 0; i < request.Count; i++)
            {
                var io = await request[i].Task;
                if (!io.IsOk || !Verify(request, i))
                    await ReadAgainAsync(request, i);
            }

            if (_core.State.Epochs.End(epoch))
                OnFreed();
        }

        var damaged = request.LastDamaged - request.FirstDamaged + 1;
        return EndRead(request, request.FirstDamaged < 0
            ? StoreResult.Ok
            : new StoreResult(StoreStatus.Damaged, request.FirstBlock + request.FirstDamaged, damaged));
    }

    // Brings the maps that the read needs into memory, one after the other.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<StoreResult> LoadAndTransferAsync(ObjectId id, uint sequence, int missing, ReadRequest request)
    {
        var isLoaded = true;
        while (isLoaded && missing >= 0)
        {
            isLoaded = await HoldAsync(missing, request);
            missing = isLoaded ? Resolve(id, sequence, request) : missing;
        }

        LetGo(request);
        return isLoaded
            ? await TransferAsync(request)
            : EndRead(request, new StoreResult(StoreStatus.Damaged, request.FirstBlock, BlocksOf(request.Target)));
    }

    private StoreResult EndRead(ReadRequest request, StoreResult result)
    {
        _reads.Push(request);
        EndOperation();
        return result;
    }

    private static BufferSlice SliceOf(BufferSlice target, in ReadRequest.Piece piece) =>
        target.Slice(piece.FirstBlock * StoreUnits.BlockBytes, piece.Blocks * StoreUnits.BlockBytes);

    private static BufferSlice BlockOf(BufferSlice target, int block) =>
        target.Slice(block * StoreUnits.BlockBytes, StoreUnits.BlockBytes);

    // Brings a map into memory and keeps it there for the request: one that needs several at once must not see the
    // cache, however small, trade one for the other for ever.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<bool> HoldAsync(int slot, ReadRequest request)
    {
        _core.State.Table.State(slot).Pins++;
        request.Held.Add(slot);
        return await _loader.LoadAsync(slot);
    }

    private void LetGo(ReadRequest request)
    {
        foreach (var slot in request.Held)
            Unpin(slot);
        request.Held.Clear();
    }

    // Looks all blocks up in one go, so that they are of one instant. Returns a layer whose map is needed first, or -1.
    private unsafe int Resolve(ObjectId id, uint sequence, ReadRequest request)
    {
        var table = _core.State.Table;
        var target = request.Target;
        var blocks = target.Length / StoreUnits.BlockBytes;
        request.Reset(blocks);
        var newest = _core.State.Marks.IsDeleted(id.Space) ? -1 : table.Find(id);
        while (newest >= 0 && table.Read(newest).Sequence > sequence)
            newest = table.Older(newest);
        var zeros = 0;
        for (var block = 0; block < blocks; block++)
        {
            var isHole = true;
            for (var layer = newest; layer >= 0; layer = table.Older(layer))
            {
                ref var state = ref table.State(layer);
                if (state.Map == null)
                    return layer;
                state.Flags |= LayerFlags.Referenced;
                if (LayerMap.TryGet(state.Map, request.FirstBlock + block, out var entry))
                {
                    isHole = entry.IsHole;
                    if (!isHole)
                        request.Add(block, entry);
                    break;
                }

                if (state.Map->IsLost)
                    AddLost(request, block);
                if (state.Map->Flags != MapFlags.None)
                    break;
            }

            if (isHole)
                zeros++;
            else
                zeros = ClearHoles(target, block, zeros);
        }

        ClearHoles(target, blocks, zeros);
        return -1;
    }

    private void AddLost(ReadRequest request, int block)
    {
        request.AddDamaged(block);
        _core.DamagedBlocks++;
    }

    private static int ClearHoles(BufferSlice target, int end, int count)
    {
        if (count > 0)
            target.Slice((end - count) * StoreUnits.BlockBytes, count * StoreUnits.BlockBytes).Span.Clear();
        return 0;
    }

    private bool Verify(ReadRequest request, int index)
    {
        if ((_core.Options.Faults & StoreFaults.SkipReadChecksum) != 0)
            return true;
        ref var piece = ref request[index];
        for (var block = piece.FirstBlock; block < piece.FirstBlock + piece.Blocks; block++)
        {
            if (Crc32C.Compute(BlockOf(request.Target, block).Span) != request.ChecksumAt(block))
                return false;
        }

        return true;
    }

    // Something of a run is wrong: reads its blocks one by one, once more, to tell the bad ones from the good.
    private async ValueTask ReadAgainAsync(ReadRequest request, int index)
    {
        var piece = request[index];
        for (var i = 0; i < piece.Blocks; i++)
        {
            var block = piece.FirstBlock + i;
            var slice = BlockOf(request.Target, block);
            var io = await _core.Disk.ReadAsync((long)(piece.Address + (ulong)i) * StoreUnits.BlockBytes, slice);
            if (io.IsOk && Crc32C.Compute(slice.Span) == request.ChecksumAt(block))
                continue;
            slice.Span.Clear();
            request.AddDamaged(block);
            _core.DamagedBlocks++;
        }
    }
}
