namespace Uss.Store;

/// <summary>
/// Frees the layers of deleted spaces and merges those of dropped snapshots, in the background, each by a log record of
/// its own. It needs no state of its own: after a restart it looks the table through again.
/// </summary>
internal sealed class Remover(StoreCore core, WriteAheadLog log, MapLoader loader, Checkpointer checkpointer)
{
    private const int LayersInFlight = 64;
    private const int SlotsPerSlice = 4096;
    private const long RetryNs = 1_000_000;

    private readonly WaitList _stopped = new();
    private Func<ObjectId, ulong>? _settled;
    private bool _isRunning;
    private bool _isWanted;
    private bool _isBlocked;

    /// <summary>True while the layer is on its way out, so that no operation may start on it.</summary>
    public bool IsLeaving(ObjectId id, uint sequence)
    {
        if (core.State.Marks.IsDeleted(id.Space))
            return true;
        if (!_isRunning)
            return false;
        var slot = core.State.Table.FindLayer(id, sequence);
        return slot >= 0 && (core.State.Table.State(slot).Flags & LayerFlags.Leaving) != 0;
    }

    /// <summary>Starts working if there is anything to do.</summary>
    public void Resume()
    {
        _isWanted = core.State.Marks.DeletedSpaces.Count > 0 || core.State.Marks.SpacesWithDrops.Count > 0;
        Start();
    }

    /// <summary>
    /// Forgets objects that hold nothing but holes whose versions nobody asks for any more, so that what was discarded
    /// does not keep its place in the object table for ever.
    /// </summary>
    /// <param name="settled">The version up to which nobody asks any more, by object.</param>
    public void Forget(Func<ObjectId, ulong> settled)
    {
        if (!core.State.HasNewHoles || core.IsClosing || core.IsReadOnly)
            return;
        core.State.HasNewHoles = false;
        _settled = settled;
        _isWanted = true;
        Start();
    }

    private void Start()
    {
        if (_isRunning || !_isWanted)
            return;
        _isRunning = true;
        core.Reactor.Spawn(RunAsync());
    }

    /// <summary>Stops as soon as the records on their way are durable.</summary>
    public async ValueTask StopAsync()
    {
        while (_isRunning)
            await _stopped.WaitAsync();
    }

    private bool IsStopping => core.IsClosing || core.IsReadOnly;

    private async ValueTask RunAsync()
    {
        while (_isWanted && !IsStopping)
        {
            _isWanted = false;
            var spaces = core.State.Marks.DeletedSpaces.ToArray();
            _isBlocked = false;
            await SweepAsync();
            if (_isBlocked)
            {
                _isWanted = true;
                await core.Reactor.DelayAsync(RetryNs);
            }

            foreach (var space in spaces)
            {
                if (IsStopping || await LogAsync(LogRecordKind.SpaceGone, space, 0, 0, 0, -1))
                    continue;
                _isWanted = true;
                await core.Reactor.DelayAsync(1000 * RetryNs);
            }

            core.Relief.WakeAll();
        }

        _isRunning = false;
        _stopped.WakeAll();
    }

    // One look at every slot there was when it began.
    private async ValueTask SweepAsync()
    {
        var tasks = new ValueTask[LayersInFlight];
        var count = 0;
        var end = core.State.Table.HighSlot;
        for (var slot = 0; slot < end && !IsStopping; slot++)
        {
            if (slot % SlotsPerSlice == 0)
                await core.Reactor.YieldAsync();
            if (!IsDue(slot))
                continue;
            tasks[count++] = RemoveAsync(slot);
            if (count == LayersInFlight)
                count = await FinishAsync(tasks, count);
        }

        await FinishAsync(tasks, count);
    }

    private static async ValueTask<int> FinishAsync(ValueTask[] tasks, int count)
    {
        for (var i = 0; i < count; i++)
            await tasks[i];
        return 0;
    }

    private bool IsDue(int slot)
    {
        ref readonly var entry = ref core.State.Table.Read(slot);
        return entry.Kind switch
        {
            TableEntryKind.Layer => MustGo(slot) || IsForgettable(slot),
            TableEntryKind.Reserved => core.State.Marks.IsDeleted(entry.Space),
            _ => false,
        };
    }

    private bool MustGo(int slot)
    {
        ref readonly var entry = ref core.State.Table.Read(slot);
        return core.State.Marks.IsDeleted(entry.Space) || core.State.Marks.NextLive(entry.Space, entry.Sequence) != entry.Sequence;
    }

    // Nothing but holes, and no older layer that they hide.
    private unsafe bool IsForgettable(int slot)
    {
        ref readonly var entry = ref core.State.Table.Read(slot);
        if (_settled is null || entry.Present > 0 || core.State.Table.Older(slot) >= 0 || core.State.Table.Find(entry.Id) != slot)
            return false;
        var map = core.State.Table.State(slot).Map;
        if (((map == null ? entry.MapFlags : map->Flags) & MapFlags.IsLost) != 0)
            return false;
        var isSettled = entry.HighestVersion <= _settled(entry.Id);

        // Looked at again the next time.
        core.State.HasNewHoles |= !isSettled;
        return isSettled;
    }

    private async ValueTask RemoveAsync(int slot)
    {
        while (!IsStopping && IsDue(slot))
        {
            if (IsBehindAnother(slot))
            {
                // The layer in between is in this sweep too, or under way; a later sweep takes this layer.
                _isBlocked = true;
                break;
            }

            var isBusy = core.State.Table.State(slot).Pins > 0 || checkpointer.IsRunning;
            if (isBusy && !MustGo(slot))
            {
                // Nobody waits for this one to go, so it holds up nobody either.
                core.State.HasNewHoles = true;
                break;
            }

            // Operations that began before may still be on their way; none begins now.
            core.State.Table.State(slot).Flags |= LayerFlags.Leaving;
            if (isBusy)
                await core.Reactor.DelayAsync(RetryNs);
            else if (core.State.Table.Read(slot).Kind != TableEntryKind.Layer || await RemoveQuietAsync(slot))
                return;
        }

        core.State.Table.State(slot).Flags &= ~LayerFlags.Leaving;
        core.Relief.WakeAll();
    }

    // True when a newer layer of the object lies between this one and the one that it is to become part of. That one goes
    // first: were this one to take the newer sequence, its blocks would hide those of the layer in between.
    private bool IsBehindAnother(int slot)
    {
        var table = core.State.Table;
        ref readonly var entry = ref table.Read(slot);
        if (entry.Kind != TableEntryKind.Layer || core.State.Marks.IsDeleted(entry.Space))
            return false;
        var target = TargetOf(slot);
        for (var newer = table.Find(entry.Id); newer >= 0 && newer != slot; newer = table.Older(newer))
        {
            if (table.Read(newer).Sequence < target)
                return true;
        }

        return false;
    }

    // False when something came between: another look is needed.
    private async ValueTask<bool> RemoveQuietAsync(int slot)
    {
        core.RemovalsInFlight++;
        var target = TargetOf(slot);
        var into = PinAll(slot);
        var isLoaded = await loader.LoadAsync(slot) && (into < 0 || await loader.LoadAsync(into));
        var isDone = isLoaded && core.State.Table.State(slot).Pins == 1 && !IsStopping && IsDue(slot);

        // Loading takes time, in which a further snapshot may have been dropped: what was made ready is not the target then.
        isDone &= TargetOf(slot) == target && !IsBehindAnother(slot);
        var isRefused = false;
        if (isDone)
        {
            var (kind, space, index, sequence) = RecordOf(slot);
            isRefused = !await LogAsync(kind, space, index, sequence, target, slot);
            isDone = !isRefused;
            if (isDone)
                SettleRelabelled(kind, new ObjectId(space, index), target, slot);
        }

        if (!isDone)
            core.State.Table.State(slot).Pins--;

        if (into >= 0)
            core.State.Table.State(into).Pins--;
        if (--core.RemovalsInFlight == 0)
            core.Relief.WakeAll();
        if (!isLoaded || isRefused)
            await core.Reactor.DelayAsync(1000 * RetryNs);
        return isDone;
    }

    // A removed layer's slot is gone with its pin; one that only got another sequence lives on.
    private void SettleRelabelled(LogRecordKind kind, ObjectId id, uint sequence, int slot)
    {
        if (kind != LogRecordKind.MergeLayer || core.State.Table.FindLayer(id, sequence) != slot)
            return;
        ref var state = ref core.State.Table.State(slot);
        state.Pins--;
        state.Flags &= ~LayerFlags.Leaving;
    }

    private int PinAll(int slot)
    {
        var table = core.State.Table;
        table.State(slot).Pins++;
        ref readonly var entry = ref table.Read(slot);
        if (KindFor(slot) == LogRecordKind.RemoveLayer)
            return -1;
        var into = table.FindLayer(entry.Id, core.State.Marks.NextLive(entry.Space, entry.Sequence));
        if (into >= 0)
            table.State(into).Pins++;
        return into;
    }

    private uint TargetOf(int slot)
    {
        ref readonly var entry = ref core.State.Table.Read(slot);
        return core.State.Marks.NextLive(entry.Space, entry.Sequence);
    }

    private LogRecordKind KindFor(int slot)
    {
        ref readonly var entry = ref core.State.Table.Read(slot);
        var isDropped = TargetOf(slot) != entry.Sequence;
        return isDropped && !core.State.Marks.IsDeleted(entry.Space) ? LogRecordKind.MergeLayer : LogRecordKind.RemoveLayer;
    }

    private (LogRecordKind Kind, ulong Space, uint Index, uint Sequence) RecordOf(int slot)
    {
        ref readonly var entry = ref core.State.Table.Read(slot);
        return (KindFor(slot), entry.Space, entry.Index, entry.Sequence);
    }

    // False when the record was refused: the log is full and the host has no space, or the store has become read-only.
    private async ValueTask<bool> LogAsync(LogRecordKind kind, ulong space, uint index, uint sequence, uint target, int slot)
    {
        var change = core.RentChange();
        change.Record.Kind = kind;
        change.Record.Space = space;
        change.Record.Index = index;
        change.Record.Sequence = sequence;
        change.Record.Version = target;
        change.Slot = slot;
        log.Enqueue(change);
        return (await change.Task).IsOk;
    }
}
