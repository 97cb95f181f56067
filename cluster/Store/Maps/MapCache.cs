using Uss.Runtime;

namespace Uss.Store;

/// <summary>
/// Which maps are in memory: accounts for their bytes and evicts clean ones nobody uses, by a clock (second chance).
/// </summary>
internal sealed unsafe class MapCache : IDisposable
{
    // Steps of the clock hand a call: bounds the time of one call; the next call goes on.
    private const int StepsPerCall = 64;

    private readonly ObjectTable _table;
    private NativeList<int> _spare = new();
    private int _head;
    private int _tail;

    /// <summary>Creates an empty cache for the layers of a table.</summary>
    public MapCache(ObjectTable table) => _table = table;

    /// <summary>Memory of all maps, in bytes.</summary>
    public long MapBytes { get; private set; }

    /// <summary>Of these, memory of maps that differ from their images.</summary>
    public long DirtyBytes { get; private set; }

    /// <summary>Maps in memory.</summary>
    public int Maps { get; private set; }

    /// <summary>Layers made dirty since the list was last taken; a slot may occur more than once.</summary>
    public NativeList<int> DirtySlots { get; private set; } = new();

    /// <summary>Takes the list of dirty layers for a checkpoint, which empties it when done, and starts a new one.</summary>
    public NativeList<int> SwapDirtySlots()
    {
        Invariant.Check(_spare.Count == 0);
        (DirtySlots, _spare) = (_spare, DirtySlots);
        return _spare;
    }

    /// <summary>Puts a map in memory that was read or created.</summary>
    public void Attach(int slot, LayerMap* map)
    {
        ref var state = ref _table.State(slot);
        Invariant.Check(state.Map == null);
        state.Map = map;
        state.Flags |= LayerFlags.Referenced;
        MapBytes += map->MemoryBytes;
        Maps++;
        Enqueue(slot);
    }

    /// <summary>Says that a map was changed (and may have moved).</summary>
    /// <param name="slot">The layer.</param>
    /// <param name="map">Where the map is now.</param>
    /// <param name="bytesBefore">Its size before the change.</param>
    public void Changed(int slot, LayerMap* map, int bytesBefore)
    {
        ref var state = ref _table.State(slot);
        state.Map = map;
        var growth = map->MemoryBytes - bytesBefore;
        MapBytes += growth;
        if ((state.Flags & LayerFlags.Dirty) != 0)
        {
            DirtyBytes += growth;
        }
        else
        {
            state.Flags |= LayerFlags.Dirty;
            DirtyBytes += map->MemoryBytes;
        }

        state.Flags |= LayerFlags.Referenced;
        if ((state.Flags & LayerFlags.Listed) == 0)
        {
            state.Flags |= LayerFlags.Listed;
            DirtySlots.Add(slot);
        }
    }

    /// <summary>Says that the map's image is being written as the map is now.</summary>
    public void Clean(int slot)
    {
        ref var state = ref _table.State(slot);
        if ((state.Flags & LayerFlags.Dirty) == 0)
            return;
        state.Flags &= ~LayerFlags.Dirty;
        DirtyBytes -= state.Map->MemoryBytes;
    }

    /// <summary>Takes a map out of memory, dirty or not.</summary>
    public void Detach(int slot)
    {
        ref var state = ref _table.State(slot);
        if (state.Map == null)
            return;
        Clean(slot);
        MapBytes -= state.Map->MemoryBytes;
        Maps--;
        Dequeue(slot);
        LayerMap.Free(state.Map);
        state.Map = null;
    }

    /// <summary>Evicts maps until they take at most <paramref name="limitBytes"/>, as far as a bounded effort gets.</summary>
    public void Evict(long limitBytes)
    {
        for (var step = 0; step < StepsPerCall && MapBytes > limitBytes && _head != 0; step++)
        {
            var slot = _head - 1;
            ref var state = ref _table.State(slot);
            var isHeld = state.Pins > 0 || (state.Flags & LayerFlags.Dirty) != 0;
            if (isHeld || (state.Flags & LayerFlags.Referenced) != 0)
            {
                if (!isHeld)
                    state.Flags &= ~LayerFlags.Referenced;
                Dequeue(slot);
                Enqueue(slot);
                continue;
            }

            Detach(slot);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        DirtySlots.Dispose();
        _spare.Dispose();
    }

    private void Enqueue(int slot)
    {
        ref var state = ref _table.State(slot);
        state.QueueNext = 0;
        state.QueuePrevious = _tail;
        if (_tail != 0)
            _table.State(_tail - 1).QueueNext = slot + 1;
        else
            _head = slot + 1;
        _tail = slot + 1;
    }

    private void Dequeue(int slot)
    {
        ref var state = ref _table.State(slot);
        if (state.QueuePrevious != 0)
            _table.State(state.QueuePrevious - 1).QueueNext = state.QueueNext;
        else
            _head = state.QueueNext;
        if (state.QueueNext != 0)
            _table.State(state.QueueNext - 1).QueuePrevious = state.QueuePrevious;
        else
            _tail = state.QueuePrevious;
    }
}
