using System.Buffers;
using Uss.Runtime;
using Uss.Simulation.Blocks;
using Uss.Store;

namespace Uss.Simulation.Store;

/// <summary>The clients: they issue operations and compare the answers with the model.</summary>
public sealed partial class StoreScenario
{
    private const int OperationsOfOneClient = 25;

    private bool _isHostFull;

    private void StartClient()
    {
        _runningClients++;
        World.Start(
            _reactor,
            async () =>
            {
                for (var i = 0; i < OperationsOfOneClient && _issued < Ticks && !_areClientsStopping; i++)
                {
                    if (Workload.Next(8) == 0)
                        await Reactor.Current.DelayAsync(Workload.Next(5_000_000));
                    if (_workload.Next(_pending) is { } operation)
                        await IssueAsync(operation);
                    else
                        await Reactor.Current.DelayAsync(100_000);
                }

                _runningClients--;
                return true;
            });
    }

    private async ValueTask IssueAsync(StoreOperation operation)
    {
        _issued++;
        _pending.Add(operation);
        World.Trace?.Invoke($"{World.NowNs} > {operation}");
        var result = operation.Kind switch
        {
            StoreOperationKind.Read => await ReadAsync(operation.Id, operation.FirstBlock, operation.BlockCount, operation.Sequence),
            StoreOperationKind.Describe => await DescribeAsync(operation.Id, operation.FirstBlock, operation.BlockCount),
            StoreOperationKind.Write => await WriteAsync(operation),
            StoreOperationKind.Discard => await _store.DiscardAsync(
                operation.Id, operation.FirstBlock, operation.BlockCount, operation.Version, operation.Sequence),
            StoreOperationKind.DropSnapshot => await _store.DropSnapshotAsync(operation.Id.Space, operation.Sequence),
            _ => await _store.DeleteSpaceAsync(operation.Id.Space),
        };
        World.Trace?.Invoke($"{World.NowNs} < {operation}: {result.Status}");
        World.Fold((long)operation.Version, (long)result.Status);
        Judge(operation, result);
    }

    /// <summary>Takes the outcome of an operation into the model.</summary>
    private void Judge(StoreOperation operation, StoreResult result)
    {
        switch (result.Status)
        {
            case StoreStatus.Ok:
                _pending.Remove(operation);
                _model.Apply(operation);
                if (operation.IsWholeSpace)
                    _shortUntilNs = Math.Max(_shortUntilNs, World.NowNs + SpaceReturnNs);
                if (operation.Kind is StoreOperationKind.Write or StoreOperationKind.Discard)
                    _fresh.Add(operation);
                break;
            case StoreStatus.NoSpace:
                Require(operation.Kind is not (StoreOperationKind.Read or StoreOperationKind.Describe), "reads need no space");
                Require(IsSpaceShort(operation), $"a store with room accepts {operation}; {_store.Statistics}");
                Reached("writes refused for space");
                _pending.Remove(operation);
                _areClientsStopping |= Workload.Next(10) == 0;
                break;
            case StoreStatus.IoError when _isHostFull || _areWritesUnsure:
                // Whether it was done shows at the next open.
                operation.IsUndecided = true;
                _areClientsStopping = true;
                break;
            default:
                Require(false, $"{operation} ends with {result.Status}");
                break;
        }
    }

    private async ValueTask<StoreResult> ReadAsync(ObjectId id, int firstBlock, int blockCount, uint sequence)
    {
        var length = blockCount * StoreUnits.BlockBytes;
        var buffer = _reactor.Buffers.Rent(length);
        var result = await _store.ReadAsync(id, firstBlock, buffer.Slice(0, length), sequence);
        var isDamaged = result.Status == StoreStatus.Damaged && _isMediumBad;
        for (var i = 0; (result.IsOk || isDamaged) && i < blockCount; i++)
        {
            var state = _model.Find(id, firstBlock + i, sequence);
            var block = buffer.Slice(i * StoreUnits.BlockBytes, StoreUnits.BlockBytes).Span;
            if (isDamaged && firstBlock + i >= result.FirstBlock && firstBlock + i < result.FirstBlock + result.BlockCount)
                CheckDamagedBlock(id, firstBlock + i, state, block);
            else if (!BlockContent.Is(block, state.IsPresent ? state.Stamp : 0))
            {
                Require(
                    false,
                    $"object {id} block {firstBlock + i} as of {sequence} holds {state}, but a read shows {BlockContent.Describe(block)}");
            }
        }

        buffer.Release();
        return isDamaged ? StoreResult.Ok : result;
    }

    private async ValueTask<StoreResult> DescribeAsync(ObjectId id, int firstBlock, int blockCount)
    {
        var blocks = new BlockDescription[blockCount];
        var result = await _store.DescribeAsync(id, firstBlock, blocks);
        for (var i = 0; result.IsOk && i < blockCount; i++)
        {
            var state = _model.Find(id, firstBlock + i, StoreUnits.Head);
            Require(Matches(blocks[i], state), $"object {id} block {firstBlock + i} is {state}, but is described as {blocks[i]}");
        }

        return result;
    }

    private static bool Matches(BlockDescription block, BlockState state) =>
        block.IsPresent == state.IsPresent
        && (block.Version == state.Version || (block.Version < state.Version && state.IsUncertain))
        && block.Checksum == (state.IsPresent ? BlockContent.ChecksumOf(state.Stamp) : 0);

    private async ValueTask<StoreResult> WriteAsync(StoreOperation operation)
    {
        var length = operation.BlockCount * StoreUnits.BlockBytes;
        var buffer = _reactor.Buffers.Rent(length);
        for (var i = 0; i < operation.BlockCount; i++)
        {
            var block = buffer.Slice(i * StoreUnits.BlockBytes, StoreUnits.BlockBytes).Span;
            BlockContent.Fill(block, operation.StampOf(operation.FirstBlock + i));
        }

        uint[]? checksums = null;
        if (Workload.Next(2) == 0)
        {
            checksums = ArrayPool<uint>.Shared.Rent(operation.BlockCount);
            for (var i = 0; i < operation.BlockCount; i++)
                checksums[i] = Crc32C.Compute(buffer.Slice(i * StoreUnits.BlockBytes, StoreUnits.BlockBytes).Span);
        }

        var result = await _store.WriteAsync(
            new StoreWrite
            {
                Id = operation.Id,
                FirstBlock = operation.FirstBlock,
                Source = buffer.Slice(0, length),
                Checksums = checksums is null ? default : checksums.AsMemory(0, operation.BlockCount),
                Version = operation.Version,
                SnapshotSequence = operation.Sequence,
            });
        buffer.Release();
        if (checksums is not null)
            ArrayPool<uint>.Shared.Return(checksums);
        return result;
    }
}
