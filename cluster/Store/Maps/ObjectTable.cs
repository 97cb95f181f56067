using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.Store;

/// <summary>
/// All objects of a disk: a slot for each layer with what a checkpoint keeps (<see cref="TableEntry"/>) and what only
/// memory knows (<see cref="LayerState"/>), an index by object id, and the layers of each object linked from the
/// newest snapshot sequence to the oldest.
/// </summary>
internal sealed unsafe class ObjectTable : IDisposable
{
    private const int StatesPerChunk = 1024;

    private readonly LayerState** _states;
    private readonly int _stateChunks;
    private readonly SlotIndex _index;
    private readonly NativeList<int> _free = new();
    private readonly TableEntry* _zero = (TableEntry*)NativeMemory.AllocZeroed(TableEntry.Bytes);
    private long _stateBytes;

    /// <summary>Creates an empty table of <paramref name="slots"/>.</summary>
    public ObjectTable(int slots)
    {
        Slots = slots;
        Pages = new FrozenPages(slots / TableEntry.PerPage);
        _stateChunks = (slots + StatesPerChunk - 1) / StatesPerChunk;
        _states = (LayerState**)NativeMemory.AllocZeroed((nuint)_stateChunks, (nuint)sizeof(LayerState*));
        _index = new SlotIndex(this);
    }

    /// <summary>Frees memory of a table that was abandoned with its store (a crash in simulation).</summary>
    ~ObjectTable() => FreeMemory();

    /// <summary>Slots that there can be.</summary>
    public int Slots { get; }

    /// <summary>Slots below this have been used at some time.</summary>
    public int HighSlot { get; private set; }

    /// <summary>Slots in use.</summary>
    public int UsedSlots => HighSlot - _free.Count;

    /// <summary>Objects that have a layer.</summary>
    public int Objects { get; private set; }

    /// <summary>The entries, for checkpoints.</summary>
    public FrozenPages Pages { get; }

    /// <summary>Memory held, maps excluded, in bytes.</summary>
    public long MemoryBytes => Pages.MemoryBytes + _stateBytes + _index.MemoryBytes + _free.MemoryBytes + (_stateChunks * 8L);

    /// <summary>A slot's entry, for reading.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly TableEntry Read(int slot)
    {
        var page = (TableEntry*)Pages.Read(slot / TableEntry.PerPage);
        return ref *(page == null ? _zero : page + (slot % TableEntry.PerPage));
    }

    /// <summary>A slot's entry, to be changed.</summary>
    public ref TableEntry Change(int slot) => ref ((TableEntry*)Pages.Write(slot / TableEntry.PerPage))[slot % TableEntry.PerPage];

    /// <summary>A slot's part in memory.</summary>
    public ref LayerState State(int slot)
    {
        Invariant.Check((uint)slot < (uint)HighSlot);
        return ref _states[slot / StatesPerChunk][slot % StatesPerChunk];
    }

    /// <summary>The newest layer of an object; -1 when there is none.</summary>
    public int Find(ObjectId id) => _index.Find(id) - 1;

    /// <summary>The next older layer; -1 when there is none.</summary>
    public int Older(int slot) => State(slot).Older - 1;

    /// <summary>The layer of exactly that snapshot sequence; -1 when there is none.</summary>
    public int FindLayer(ObjectId id, uint sequence)
    {
        var slot = Find(id);
        while (slot >= 0 && Read(slot).Sequence > sequence)
            slot = Older(slot);
        return slot >= 0 && Read(slot).Sequence == sequence ? slot : -1;
    }

    /// <summary>Adds a layer that does not exist yet, with an empty map to come.</summary>
    /// <returns>Its slot; -1 when the table is full.</returns>
    public int Add(ObjectId id, uint sequence, TableEntryKind kind)
    {
        var slot = TakeSlot();
        if (slot < 0)
            return -1;
        ref var entry = ref Change(slot);
        entry = default;
        entry.Space = id.Space;
        entry.Index = id.Index;
        entry.Sequence = sequence;
        entry.Kind = kind;
        if (kind is TableEntryKind.Reserved or TableEntryKind.Layer)
            Link(slot);
        return slot;
    }

    /// <summary>Removes a layer or mark. Its map must be gone.</summary>
    public void Remove(int slot)
    {
        if (Read(slot).Kind is TableEntryKind.Reserved or TableEntryKind.Layer)
            Unlink(slot);
        Invariant.Check(State(slot).Map == null && State(slot).Pins == 0);
        Change(slot) = default;
        State(slot) = default;
        _free.Add(slot);
    }

    /// <summary>Gives a layer another snapshot sequence, which the object must not have yet.</summary>
    public void Relabel(int slot, uint sequence)
    {
        Unlink(slot);
        Change(slot).Sequence = sequence;
        Link(slot);
    }

    /// <summary>Loads the entries of a page at open, before <see cref="LinkLoaded"/>.</summary>
    public void LoadPage(int page, ReadOnlySpan<byte> content)
    {
        if (content.ContainsAnyExcept((byte)0))
            content.CopyTo(new Span<byte>(Pages.Write(page), FrozenPages.PageBytes));
    }

    /// <summary>Brings the slots below <paramref name="end"/> that were loaded into use.</summary>
    /// <returns>False when two of them claim to be the same layer.</returns>
    public bool LinkLoaded(int end)
    {
        for (var slot = HighSlot; slot < end; slot++)
        {
            ExtendStates(slot);
            HighSlot = slot + 1;
            var kind = Read(slot).Kind;
            if (kind == TableEntryKind.Layer)
            {
                if (FindLayer(Read(slot).Id, Read(slot).Sequence) >= 0)
                    return false;
                Link(slot);
                continue;
            }

            if (kind == TableEntryKind.Reserved)
                Change(slot) = default;
            if (kind is TableEntryKind.Free or TableEntryKind.Reserved)
                _free.Add(slot);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        FreeMemory();
        Pages.Dispose();
        _index.Dispose();
        _free.Dispose();
        GC.SuppressFinalize(this);
    }

    private int TakeSlot()
    {
        if (_free.Count > 0)
            return _free.Pop();
        if (HighSlot == Slots)
            return -1;
        ExtendStates(HighSlot);
        return HighSlot++;
    }

    private void ExtendStates(int slot)
    {
        ref var chunk = ref _states[slot / StatesPerChunk];
        if (chunk != null)
            return;
        chunk = (LayerState*)NativeMemory.AllocZeroed(StatesPerChunk, LayerState.Bytes);
        _stateBytes += StatesPerChunk * LayerState.Bytes;
    }

    private void Link(int slot)
    {
        var id = Read(slot).Id;
        var sequence = Read(slot).Sequence;
        var head = Find(id);
        if (head < 0)
        {
            State(slot).Older = 0;
            _index.Add(id, slot);
            Objects++;
        }
        else if (Read(head).Sequence < sequence)
        {
            _index.Replace(id, head, slot);
            State(slot).Older = head + 1;
        }
        else
        {
            var newer = head;
            while (Older(newer) >= 0 && Read(Older(newer)).Sequence > sequence)
                newer = Older(newer);
            Invariant.Check(Read(newer).Sequence != sequence && (Older(newer) < 0 || Read(Older(newer)).Sequence != sequence));
            State(slot).Older = State(newer).Older;
            State(newer).Older = slot + 1;
        }
    }

    private void Unlink(int slot)
    {
        var id = Read(slot).Id;
        var head = Find(id);
        if (head != slot)
        {
            var newer = head;
            while (Older(newer) != slot)
                newer = Older(newer);
            State(newer).Older = State(slot).Older;
        }
        else if (Older(slot) >= 0)
        {
            _index.Replace(id, slot, Older(slot));
        }
        else
        {
            _index.Remove(id, slot);
            Objects--;
        }
    }

    private void FreeMemory()
    {
        for (var chunk = 0; chunk < _stateChunks; chunk++)
        {
            for (var i = 0; _states[chunk] != null && i < StatesPerChunk; i++)
                LayerMap.Free(_states[chunk][i].Map);
            NativeMemory.Free(_states[chunk]);
        }

        NativeMemory.Free(_states);
        NativeMemory.Free(_zero);
    }
}
