using Uss.Runtime;

namespace Uss.Store;

/// <summary>What objects hold, for replication.</summary>
public sealed partial class ObjectStore
{
    /// <inheritdoc/>
    public async ValueTask<StoreResult> DescribeAsync(ObjectId id, int firstBlock, Memory<BlockDescription> blocks)
    {
        CheckRange(firstBlock, blocks.Length);
        if (_core.IsClosing)
            return new StoreResult(StoreStatus.Closed);
        _activeOperations++;
        var result = StoreResult.Ok;
        var lost = new ReadRequest();
        while (Describe(id, firstBlock, blocks.Span, lost) is var missing && missing >= 0)
        {
            if (await HoldAsync(missing, lost))
                continue;
            result = new StoreResult(StoreStatus.Damaged, firstBlock, blocks.Length);
            break;
        }

        LetGo(lost);
        if (result.IsOk && lost.FirstDamaged >= 0)
            result = new StoreResult(StoreStatus.Damaged, firstBlock + lost.FirstDamaged, lost.LastDamaged - lost.FirstDamaged + 1);
        EndOperation();
        return result;
    }

    /// <inheritdoc/>
    public bool IsClosed => _core.IsClosing;

    /// <inheritdoc/>
    public IReadOnlyList<ObjectSummary> ListChangedSince(ulong version)
    {
        Invariant.Check(!IsClosed);
        var table = _core.State.Table;
        var found = new List<ObjectSummary>();
        for (var slot = 0; slot < table.HighSlot; slot++)
        {
            ref readonly var entry = ref table.Read(slot);
            if (entry.Kind != TableEntryKind.Layer || table.Find(entry.Id) != slot || _core.State.Marks.IsDeleted(entry.Space))
                continue;
            var highest = 0UL;
            var present = 0;
            for (var layer = slot; layer >= 0; layer = table.Older(layer))
            {
                highest = Math.Max(highest, table.Read(layer).HighestVersion);
                present += table.Read(layer).Present;
            }

            if (highest > version)
                found.Add(new ObjectSummary(entry.Id, highest, Math.Min(present, StoreUnits.BlocksPerObject)));
        }

        return found;
    }

    private unsafe int Describe(ObjectId id, int firstBlock, Span<BlockDescription> blocks, ReadRequest lost)
    {
        lost.Reset(0);
        var table = _core.State.Table;
        var newest = _core.State.Marks.IsDeleted(id.Space) ? -1 : table.Find(id);
        for (var i = 0; i < blocks.Length; i++)
        {
            blocks[i] = default;
            for (var layer = newest; layer >= 0; layer = table.Older(layer))
            {
                var map = table.State(layer).Map;
                if (map == null)
                    return layer;
                if (LayerMap.TryGet(map, firstBlock + i, out var entry))
                {
                    blocks[i] = new BlockDescription(entry.Version, entry.Checksum, !entry.IsHole);
                    break;
                }

                if (map->Flags == MapFlags.None)
                    continue;
                if (map->IsLost)
                    lost.AddDamaged(i);
                blocks[i] = new BlockDescription(map->BaseVersion, 0, IsPresent: false);
                break;
            }
        }

        return -1;
    }
}
