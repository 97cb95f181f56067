namespace Uss.Store;

/// <summary>
/// Changes that come late: of a version below one that an older layer of the object holds already. The layers' own
/// versions are compared when a record is applied; across layers they are compared here, before the record is logged,
/// so that a replay decides nothing anew.
/// </summary>
public sealed partial class ObjectStore
{
    // One look at the object table, no map needed: hardly any change is late.
    private bool MayBeStale(int slot, ulong version)
    {
        var table = _core.State.Table;
        for (var older = table.Older(slot); older >= 0; older = table.Older(older))
        {
            if (table.Read(older).HighestVersion > version)
                return true;
        }

        return false;
    }

    private async ValueTask<StoreResult> WriteWhereNewestAsync(StoreWrite write, int slot)
    {
        var first = write.FirstBlock;
        var stale = new bool[BlocksOf(write.Source)];
        var result = await FindStaleAsync(slot, first, write.Version, stale);
        foreach (var (start, count) in RunsOfNewest(stale))
        {
            if (!result.IsOk)
                break;
            var part = write with
            {
                FirstBlock = first + start,
                Source = write.Source.Slice(start * StoreUnits.BlockBytes, count * StoreUnits.BlockBytes),
                Checksums = write.Checksums.Length == 0 ? default : write.Checksums.Slice(start, count),
            };
            result = await WriteAsync(part, isNewest: true);
        }

        EndOperation();
        return result;
    }

    private async ValueTask<StoreResult> DiscardWhereNewestAsync(
        ObjectId id, int firstBlock, int blockCount, ulong version, uint sequence, int slot)
    {
        var stale = new bool[blockCount];
        var result = await FindStaleAsync(slot, firstBlock, version, stale);
        foreach (var (start, count) in RunsOfNewest(stale))
        {
            if (result.IsOk)
                result = await DiscardAsync(id, firstBlock + start, count, version, sequence, isNewest: true);
        }

        EndOperation();
        return result;
    }

    // Says of which blocks an older layer holds a higher version, and gives up the pin on the layer.
    private async ValueTask<StoreResult> FindStaleAsync(int slot, int firstBlock, ulong version, bool[] stale)
    {
        var held = new ReadRequest();
        var isLoaded = true;
        while (isLoaded && FindStale(slot, firstBlock, version, stale) is var missing && missing >= 0)
            isLoaded = await HoldAsync(missing, held);
        LetGo(held);
        Unpin(slot);
        return isLoaded ? StoreResult.Ok : new StoreResult(StoreStatus.Damaged, firstBlock, stale.Length);
    }

    // Returns a layer whose map is needed first, or -1.
    private unsafe int FindStale(int slot, int firstBlock, ulong version, bool[] stale)
    {
        var table = _core.State.Table;
        for (var older = table.Older(slot); older >= 0; older = table.Older(older))
        {
            if (table.Read(older).HighestVersion <= version)
                continue;
            var map = table.State(older).Map;
            if (map == null)
                return older;
            for (var i = 0; i < stale.Length; i++)
                stale[i] |= LayerMap.VersionOf(map, firstBlock + i) > version;
        }

        return -1;
    }

    private static List<(int Start, int Count)> RunsOfNewest(bool[] stale)
    {
        var runs = new List<(int Start, int Count)>();
        for (var start = 0; start < stale.Length;)
        {
            var end = start;
            while (end < stale.Length && stale[end] == stale[start])
                end++;
            if (!stale[start])
                runs.Add((start, end - start));
            start = end;
        }

        return runs;
    }
}
