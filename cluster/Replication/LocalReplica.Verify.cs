using Uss.Store;

namespace Uss.Replication;

public sealed partial class LocalReplica
{
    /// <inheritdoc/>
    public async ValueTask<StoreResult> VerifyAsync(GroupStamp stamp, ObjectId id, int firstBlock, Memory<BlockCheck> blocks)
    {
        if (await IsRefusedAsync(stamp))
            return Refused;
        var result = await DescribeForCheckAsync(id, firstBlock, blocks);
        return result.IsOk && HasData(blocks.Span) ? await ReadForCheckAsync(id, firstBlock, blocks) : result;
    }

    private static bool HasData(ReadOnlySpan<BlockCheck> blocks)
    {
        foreach (var block in blocks)
        {
            if (block is { IsIntact: true, Block.IsPresent: true })
                return true;
        }

        return false;
    }

    private async ValueTask<StoreResult> DescribeForCheckAsync(ObjectId id, int firstBlock, Memory<BlockCheck> blocks)
    {
        var described = new BlockDescription[blocks.Length];
        var result = await _store.DescribeAsync(id, firstBlock, described);
        if (!result.IsOk && result.Status != StoreStatus.Damaged)
            return result;
        for (var i = 0; i < described.Length; i++)
            blocks.Span[i] = new BlockCheck(described[i], BlockCondition.Intact);

        // The span of what is lost may have other blocks in it.
        for (var i = 0; result.Status == StoreStatus.Damaged && i < result.BlockCount; i++)
        {
            var at = result.FirstBlock - firstBlock + i;
            var one = await _store.DescribeAsync(id, firstBlock + at, described.AsMemory(at, 1));
            if (!one.IsOk && one.Status != StoreStatus.Damaged)
                return one;
            blocks.Span[at] = one.IsOk
                ? new BlockCheck(described[at], BlockCondition.Intact)
                : new BlockCheck(default, BlockCondition.Unknown);
        }

        return StoreResult.Ok;
    }

    private async ValueTask<StoreResult> ReadForCheckAsync(ObjectId id, int firstBlock, Memory<BlockCheck> blocks)
    {
        var buffer = _reactor.Buffers.Rent(blocks.Length * StoreUnits.BlockBytes);
        var data = buffer.Slice(0, blocks.Length * StoreUnits.BlockBytes);
        var result = await _store.ReadAsync(id, firstBlock, data, StoreUnits.Head);
        if (result.Status == StoreStatus.Damaged)
        {
            var (first, count) = (result.FirstBlock, result.BlockCount);
            result = StoreResult.Ok;
            for (var block = first; block < first + count && result.IsOk; block++)
            {
                var at = block - firstBlock;
                var one = await _store.ReadAsync(id, block, buffer.Slice(0, StoreUnits.BlockBytes), StoreUnits.Head);
                if (one.Status != StoreStatus.Damaged)
                    result = one;
                else if (blocks.Span[at].IsIntact)
                    blocks.Span[at] = blocks.Span[at] with { Condition = BlockCondition.Damaged };
            }
        }

        buffer.Release();
        return result;
    }
}
