using Uss.Runtime;

namespace Uss.Store;

/// <summary>How records change the maps.</summary>
internal sealed unsafe partial class StoreState
{
    private void ApplyWrite(in LogRecord record, ReadOnlySpan<Extent> extents, ReadOnlySpan<uint> checksums, int slot, bool isTracked)
    {
        var map = Table.State(slot).Map;
        var bytesBefore = map->MemoryBytes;
        int block = record.FirstBlock;
        var index = 0;
        foreach (ref readonly var extent in extents)
        {
            for (var i = 0; i < extent.Length; i++, block++, index++)
            {
                var address = extent.Address + (ulong)i;
                if (record.Version < LayerMap.VersionOf(map, block))
                {
                    // A newer change is there already: the block stays, the data just written is nobody's.
                    if (isTracked && !IsRecovering)
                        Frees.Add(address, isDiscard: false);
                    continue;
                }

                map = LayerMap.Set(map, block, new MapEntry(address, record.Version, checksums[index]), out var freed);
                if (!isTracked)
                    continue;
                UseBlock(address);
                if (freed != 0)
                    FreeBlock(freed, isDiscard: false);
            }
        }

        Finish(slot, map, bytesBefore, record.Version);
    }

    private void ApplyDiscard(in LogRecord record, int slot, bool isTracked)
    {
        HasNewHoles = true;
        var map = Table.State(slot).Map;
        var bytesBefore = map->MemoryBytes;
        if (record.BlockCount == StoreUnits.BlocksPerObject)
        {
            // The whole object at once: one number instead of a thousand holes.
            var count = LayerMap.RemoveUpTo(map, record.Version, _freed);
            for (var i = 0; i < count && isTracked; i++)
                FreeBlock(_freed[i], isDiscard: true);
            if (!map->HasBase || map->BaseVersion < record.Version || map->IsLost)
                LayerMap.SetBase(map, record.Version);
        }
        else
        {
            map = DiscardBlocks(record, map, isTracked);
        }

        Finish(slot, map, bytesBefore, record.Version);
    }

    private LayerMap* DiscardBlocks(in LogRecord record, LayerMap* map, bool isTracked)
    {
        var onlyPresent = (record.Flags & LogRecord.OnlyPresentFlag) != 0;
        var end = record.FirstBlock + record.BlockCount;
        for (int block = record.FirstBlock; block < end; block++)
        {
            if (onlyPresent)
            {
                block = LayerMap.NextEntry(map, block);
                if (block >= end)
                    break;
            }

            if (record.Version < LayerMap.VersionOf(map, block))
                continue;
            map = LayerMap.Set(map, block, MapEntry.Hole(record.Version), out var freed);
            if (isTracked && freed != 0)
                FreeBlock(freed, isDiscard: true);
        }

        return map;
    }

    private void RemoveLayer(int slot, bool isTracked)
    {
        var map = Table.State(slot).Map;
        foreach (ref readonly var entry in LayerMap.EntriesOf(map))
        {
            if (isTracked && !entry.IsHole)
                FreeBlock(entry.Address, isDiscard: true);
        }

        DropSlot(slot);
    }

    private void MergeLayer(int slot, uint intoSequence, bool isTracked)
    {
        HasNewHoles = true;
        var id = Table.Read(slot).Id;
        var into = Table.FindLayer(id, intoSequence);
        if (into < 0)
        {
            // Nothing was written since: the layer itself becomes the newer one. Its image says the old sequence, so
            // the next checkpoint must write it anew.
            Table.Relabel(slot, intoSequence);
            var unchanged = Table.State(slot).Map;
            Cache.Changed(slot, unchanged, unchanged->MemoryBytes);
            return;
        }

        var source = Table.State(slot).Map;
        var target = Table.State(into).Map;
        var bytesBefore = target->MemoryBytes;
        var isHidden = target->Flags != MapFlags.None;
        var rank = 0;
        for (var block = LayerMap.NextEntry(source, 0); block < StoreUnits.BlocksPerObject; block = LayerMap.NextEntry(source, block + 1))
        {
            var entry = LayerMap.EntriesOf(source)[rank++];
            if (!isHidden && !LayerMap.TryGet(target, block, out _))
                target = LayerMap.Set(target, block, entry, out _);
            else if (isTracked && !entry.IsHole)
                FreeBlock(entry.Address, isDiscard: true);
        }

        if (!isHidden)
            LayerMap.SetAbsent(target, source->Flags, source->BaseVersion);
        MakeLayer(into);
        Finish(into, target, bytesBefore, Table.Read(slot).HighestVersion);
        DropSlot(slot);
    }

    private void DropSlot(int slot)
    {
        ImagePagesNeeded -= MapImage.PagesFor(Table.Read(slot).Entries);
        RetireImage(slot);
        Cache.Detach(slot);

        // Who asked for the removal holds the one pin that is left.
        Table.State(slot).Pins = 0;
        Table.Remove(slot);
    }

    private void Finish(int slot, LayerMap* map, int bytesBefore, ulong version)
    {
        Cache.Changed(slot, map, bytesBefore);
        MakeLayer(slot);
        ref var entry = ref Table.Change(slot);
        ImagePagesNeeded += MapImage.PagesFor(map->Count) - MapImage.PagesFor(entry.Entries);
        entry.Entries = (ushort)map->Count;
        entry.Present = (ushort)map->Present;
        entry.HighestVersion = Math.Max(entry.HighestVersion, version);
        HighestVersion = Math.Max(HighestVersion, version);
    }

    private void MakeLayer(int slot)
    {
        if (Table.Read(slot).Kind == TableEntryKind.Reserved)
            Table.Change(slot).Kind = TableEntryKind.Layer;
    }

    private void UseBlock(ulong address)
    {
        var isChanged = Used.Change(BitOf(address), 1, true) == 1;
        Expect(isChanged);
    }

    private void FreeBlock(ulong address, bool isDiscard)
    {
        var isChanged = Used.Change(BitOf(address), 1, false) == 1;
        Expect(isChanged);
        if (!IsRecovering)
            Frees.Add(address, isDiscard);
    }

    // In a running store a contradiction is a programming error; in what recovery reads it is a damaged disk.
    private void Expect(bool isSound)
    {
        Invariant.Check(isSound || IsRecovering);
        IsContradictory |= !isSound;
    }
}
