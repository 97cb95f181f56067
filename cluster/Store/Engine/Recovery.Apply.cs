using Uss.Runtime;

namespace Uss.Store;

/// <summary>Loading the maps that records touch, and applying the records.</summary>
internal sealed partial class Recovery
{
    // Images that lie within this many pages of each other are read in one go.
    private const int PagesPerRead = 256;
    private const int ReadGapPages = 16;
    private const int LoadsInFlight = 4;

    private async ValueTask<Fault?> ApplyAsync(int count)
    {
        using var touched = new NativeList<int>();
        if (!Touch(count, touched))
            return Damaged("its records need more objects than the object table has room for");
        if (await LoadAsync(touched) is { } fault)
            return fault;
        if (!ApplyLoaded(count))
            return Damaged("its records need more objects than the object table has room for");
        Release(touched);
        return null;
    }

    // Pins every layer that a record names, adding those that the checkpoint did not know.
    private bool Touch(int count, NativeList<int> touched)
    {
        var table = _core.State.Table;
        for (var i = 0; i < count; i++)
        {
            var record = ViewOf(_items[i]).Record;
            if (_voided.Contains((_items[i].Lsn, _items[i].Ordinal)))
                continue;
            var slot = -1;
            switch (record.Kind)
            {
                case LogRecordKind.Write or LogRecordKind.Discard:
                    slot = table.FindLayer(record.Id, record.Sequence);
                    if (slot < 0)
                        slot = table.Add(record.Id, record.Sequence, TableEntryKind.Reserved);
                    if (slot < 0)
                        return false;
                    break;
                case LogRecordKind.RemoveLayer:
                    slot = table.FindLayer(record.Id, record.Sequence);
                    break;
                case LogRecordKind.MergeLayer:
                    TouchSlot(table.FindLayer(record.Id, (uint)record.Version), touched);
                    slot = table.FindLayer(record.Id, record.Sequence);
                    break;
            }

            TouchSlot(slot, touched);
        }

        return true;
    }

    private void TouchSlot(int slot, NativeList<int> touched)
    {
        if (slot < 0 || (_core.State.Table.State(slot).Flags & LayerFlags.Replayed) != 0)
            return;
        _core.State.Table.State(slot).Flags |= LayerFlags.Replayed;
        _core.State.Table.State(slot).Pins++;
        touched.Add(slot);
    }

    private async ValueTask<Fault?> LoadAsync(NativeList<int> touched)
    {
        SortByImage(touched);
        var loads = new ValueTask<bool>[LoadsInFlight];
        var started = 0;
        var isLoaded = true;
        for (var next = 0; next < touched.Count; started++)
        {
            if (started >= LoadsInFlight)
                isLoaded &= await loads[started % LoadsInFlight];
            var end = GroupEnd(touched, next);
            loads[started % LoadsInFlight] = LoadGroupAsync(touched, next, end);
            next = end;
        }

        for (var i = Math.Max(0, started - LoadsInFlight); i < started; i++)
            isLoaded &= await loads[i % LoadsInFlight];
        return isLoaded
            ? null
            : new Fault(
                "maps-unreadable",
                $"Object maps of {_core.Disk.Path} cannot be read.",
                "Replace the disk and restore its data from the other copies.");
    }

    private unsafe void SortByImage(NativeList<int> touched)
    {
        var table = _core.State.Table;
        touched.Span.Sort((a, b) => table.Read(a).Pages[0].CompareTo(table.Read(b).Pages[0]));
    }

    private unsafe int GroupEnd(NativeList<int> touched, int first)
    {
        var table = _core.State.Table;
        var start = table.Read(touched[first]).Pages[0];
        var last = start;
        var end = first;
        while (end < touched.Count)
        {
            ref readonly var entry = ref table.Read(touched[end]);
            if (entry.PageCount > 0
                && (!IsInOnePiece(entry)
                    || entry.Pages[0] > last + ReadGapPages
                    || entry.Pages[0] + entry.PageCount - start > PagesPerRead))
                break;
            if (entry.PageCount > 0)
                last = entry.Pages[entry.PageCount - 1];
            end++;
        }

        return Math.Max(end, first + 1);
    }

    private static unsafe bool IsInOnePiece(in TableEntry entry)
    {
        for (var i = 1; i < entry.PageCount; i++)
        {
            if (entry.Pages[i] != entry.Pages[0] + i)
                return false;
        }

        return true;
    }

    private async ValueTask<bool> LoadGroupAsync(NativeList<int> touched, int first, int end)
    {
        var (start, pages) = SpanOf(touched, first, end);
        if (pages > 0)
        {
            var buffer = _core.Reactor.Buffers.Rent(pages * StoreFormat.PageBytes);
            var target = buffer.Slice(0, pages * StoreFormat.PageBytes);
            var io = await _core.Disk.ReadAsync(_core.Geometry.MapStart + ((start - 1L) * StoreFormat.PageBytes), target);
            for (var i = first; i < end && io.IsOk; i++)
                Attach(touched[i], target, start);
            buffer.Release();
        }

        // What has no image, or one that is not good, goes the slow way, which looks twice.
        for (var i = first; i < end; i++)
        {
            if (!await _loader.LoadAsync(touched[i]))
                return false;
        }

        return true;
    }

    private unsafe (uint Start, int Pages) SpanOf(NativeList<int> touched, int first, int end)
    {
        var start = uint.MaxValue;
        var last = 0u;
        for (var i = first; i < end; i++)
        {
            ref readonly var entry = ref _core.State.Table.Read(touched[i]);
            if (entry.PageCount == 0 || !IsInOnePiece(entry) || _core.State.Table.State(touched[i]).Map != null)
                continue;
            start = Math.Min(start, entry.Pages[0]);
            last = Math.Max(last, entry.Pages[0] + entry.PageCount - 1);
        }

        return start == uint.MaxValue ? (0, 0) : (start, (int)(last - start + 1));
    }

    private unsafe void Attach(int slot, BufferSlice pages, uint start)
    {
        ref readonly var entry = ref _core.State.Table.Read(slot);
        if (entry.PageCount == 0 || !IsInOnePiece(entry) || _core.State.Table.State(slot).Map != null)
            return;
        var offset = (int)(entry.Pages[0] - start) * StoreFormat.PageBytes;
        _loader.TryAttach(slot, pages.Slice(offset, entry.PageCount * StoreFormat.PageBytes).Span);
    }

    private bool ApplyLoaded(int count)
    {
        var frozen = _core.Superblock.FrozenLsn;
        for (var i = 0; i < count; i++)
        {
            var item = _items[i];
            var view = ViewOf(item);
            var isTracked = item.Lsn > frozen;
            if (_voided.Contains((item.Lsn, item.Ordinal)))
                continue;
            var slot = -1;
            if (view.Record.Kind is LogRecordKind.Write or LogRecordKind.Discard)
            {
                // The image may be younger than the record: the checkpoint wrote it while work went on.
                slot = SlotFor(view.Record);
                if (slot < 0)
                    return false;
                if (item.Lsn <= _core.State.Table.Read(slot).ImageLsn)
                    continue;
            }
            else if (view.Record.Kind is LogRecordKind.RemoveLayer or LogRecordKind.MergeLayer)
            {
                slot = isTracked ? _core.State.Table.FindLayer(view.Record.Id, view.Record.Sequence) : -1;
            }

            _core.State.Apply(view.Record, view.Extents, view.Checksums, slot, isTracked);
            RecordsApplied++;
        }

        return true;
    }

    // A record before this one may have removed the layer that Touch has seen.
    private unsafe int SlotFor(in LogRecord record)
    {
        var table = _core.State.Table;
        var slot = table.FindLayer(record.Id, record.Sequence);
        if (slot < 0)
            slot = table.Add(record.Id, record.Sequence, TableEntryKind.Reserved);
        if (slot >= 0 && table.State(slot).Map == null)
            _core.State.Cache.Attach(slot, LayerMap.Create());
        return slot;
    }

    private void Release(NativeList<int> touched)
    {
        var table = _core.State.Table;
        foreach (var slot in touched.Span)
        {
            ref var state = ref table.State(slot);
            if ((state.Flags & LayerFlags.Replayed) == 0)
                continue;
            state.Flags &= ~LayerFlags.Replayed;
            state.Pins--;
            if (table.Read(slot).Kind != TableEntryKind.Reserved)
                continue;
            _core.State.Cache.Detach(slot);
            table.Remove(slot);
        }
    }
}
