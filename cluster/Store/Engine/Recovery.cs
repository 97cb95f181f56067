using Uss.Runtime;

namespace Uss.Store;

/// <summary>
/// Brings a store from its last checkpoint to its last durable change: follows the log's chain, judges the records
/// behind the last barrier by their data, and applies the rest in order.
/// </summary>
internal sealed partial class Recovery : IDisposable
{
    // Records are gathered so far before they are applied, which bounds the memory of a recovery.
    private const int WindowBytes = 64 << 20;

    private readonly StoreCore _core;
    private readonly MapLoader _loader;
    private readonly NativeList<byte> _records = new();
    private readonly NativeList<Item> _items = new();
    private readonly HashSet<(ulong Lsn, int Ordinal)> _voided = [];
    private ulong _barrier;

    /// <summary>Creates the recovery of a store whose checkpoint is loaded.</summary>
    public Recovery(StoreCore core, MapLoader loader)
    {
        _core = core;
        _loader = loader;
    }

    /// <summary>Where the log ends.</summary>
    public LogEnd End { get; private set; }

    /// <summary>Records behind the last barrier whose data is not what they say. They were never acknowledged.</summary>
    public List<(ulong Lsn, int Ordinal)> Dropped { get; } = [];

    /// <summary>Data blocks from here on were never used as far as the log says, counted from the start of the data zone.</summary>
    public long Frontier { get; private set; }

    /// <summary>Records applied.</summary>
    public long RecordsApplied { get; private set; }

    /// <summary>Replays the log.</summary>
    /// <returns>Why not; null when the state is recovered.</returns>
    public async ValueTask<Fault?> RunAsync()
    {
        _barrier = _core.Superblock.FrozenLsn;
        _core.State.IsRecovering = true;
        var reader = new LogReader(_core.Reactor, _core.Disk, _core.Superblock, _core.DiskIdHalf);
        var fault = await FollowAsync(reader);
        fault ??= await CheckEndAsync(reader);
        End = new LogEnd(reader.Lsn, reader.Position, reader.HeaderChecksum, _barrier, _core.Superblock.ReplayPosition);
        await reader.CloseAsync();
        if (fault is null && (_core.Options.Faults & StoreFaults.BelieveUnprovenRecords) == 0)
            await ProveAsync();
        fault ??= await ApplyAsync(_items.Count);
        _core.State.IsRecovering = false;
        return fault ?? (_core.State.IsContradictory
            ? Damaged("its records contradict the checkpoint's bitmap")
            : null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _records.Dispose();
        _items.Dispose();
    }

    private async ValueTask<Fault?> FollowAsync(LogReader reader)
    {
        while (true)
        {
            var next = await reader.ReadNextAsync();
            if (!next.IsOk)
                return next.Fault;
            if (!next.Value)
                return null;
            _barrier = Math.Max(_barrier, reader.Header.Barrier);
            if (!Gather(reader))
                return Damaged($"batch {reader.Lsn} holds a record that makes no sense");
            if (_records.Count >= WindowBytes && await ApplyProvenAsync() is { } fault)
                return fault;
        }
    }

    private async ValueTask<Fault?> CheckEndAsync(LogReader reader)
    {
        if (reader.Lsn < _core.Superblock.FrozenLsn)
            return Damaged($"it ends at batch {reader.Lsn}, before batch {_core.Superblock.FrozenLsn} that the checkpoint relies on");
        var beyond = await reader.FindBeyondEndAsync();
        return beyond > 0 ? Damaged($"batch {reader.Lsn + 1} is unreadable although batch {beyond} shows that it was durable") : null;
    }

    private bool Gather(LogReader reader)
    {
        var payload = reader.Payload;
        for (var ordinal = 0; ordinal < reader.Header.RecordCount; ordinal++)
        {
            if (!LogRecord.TryRead(payload, _core.Geometry, out var view))
                return false;
            var isLost = (_core.Options.Faults & StoreFaults.LoseLogRecord) != 0 && ordinal > 0 && ordinal == reader.Header.RecordCount - 1;
            foreach (ref readonly var extent in view.Extents)
                Frontier = Math.Max(Frontier, _core.State.BitOf(extent.Address) + extent.Length);
            if (view.Record.Kind == LogRecordKind.VoidRecord)
                _voided.Add((view.Record.Version, (int)view.Record.Index));
            else if (!isLost)
                Keep(reader.Lsn, ordinal, payload[..view.Record.LengthBytes]);
            payload = payload[view.Record.LengthBytes..];
        }

        return payload.IsEmpty;
    }

    private void Keep(ulong lsn, int ordinal, ReadOnlySpan<byte> record) =>
        _items.Add(new Item { Lsn = lsn, Ordinal = ordinal, Offset = _records.AddRange(record) });

    private LogRecordView ViewOf(in Item item)
    {
        var isSound = LogRecord.TryRead(_records.Span[item.Offset..], _core.Geometry, out var view);
        Invariant.Check(isSound);
        return view;
    }

    // Applies what the barrier vouches for and keeps the rest.
    private async ValueTask<Fault?> ApplyProvenAsync()
    {
        var count = 0;
        while (count < _items.Count && _items[count].Lsn <= _barrier)
            count++;
        if (count == 0)
            return null;
        var fault = await ApplyAsync(count);
        KeepFrom(count);
        return fault;
    }

    private void KeepFrom(int first)
    {
        var start = first < _items.Count ? _items[first].Offset : _records.Count;
        var left = _records.Span[start..].ToArray();
        _records.Clear();
        _records.AddRange(left);
        var items = _items.Span[first..].ToArray();
        _items.Clear();
        foreach (var item in items)
            _items.Add(item with { Offset = item.Offset - start });
    }

    private Fault Damaged(string why) =>
        new(
            "log-damaged",
            $"The log of {_core.Disk.Path} is damaged: {why}.",
            "Replace the disk and restore its data from the other copies.");

    private struct Item
    {
        public ulong Lsn;
        public int Ordinal;
        public int Offset;
    }
}
