using Uss.Store;

namespace Uss.Simulation.Store;

/// <summary>
/// What a store must hold, as plainly as it can be said: for every block the states that each snapshot sequence gave
/// it. Knows nothing of disks.
/// </summary>
internal sealed class StoreModel
{
    private readonly SortedDictionary<ulong, ModelSpace> _spaces = [];

    /// <summary>The spaces, by number.</summary>
    public IEnumerable<ModelSpace> Spaces => _spaces.Values;

    /// <summary>Highest version that an acknowledged change carried.</summary>
    public ulong HighestVersion { get; private set; }

    public ModelSpace SpaceOf(ulong space)
    {
        if (!_spaces.TryGetValue(space, out var found))
            _spaces[space] = found = new ModelSpace(space);
        return found;
    }

    /// <summary>Applies a change that happened.</summary>
    public void Apply(StoreOperation operation)
    {
        var space = SpaceOf(operation.Id.Space);
        switch (operation.Kind)
        {
            case StoreOperationKind.Write:
            case StoreOperationKind.Discard:
                if (space.Change(operation))
                    HighestVersion = Math.Max(HighestVersion, operation.Version);
                break;
            case StoreOperationKind.DropSnapshot:
                space.Drop(operation.Sequence);
                break;
            case StoreOperationKind.DeleteSpace:
                _spaces.Remove(operation.Id.Space);
                break;
        }
    }

    /// <summary>The state of a block as of a sequence; version 0 when it was never changed.</summary>
    public BlockState Find(ObjectId id, int block, uint sequence) =>
        _spaces.TryGetValue(id.Space, out var space) ? space.Find(id.Index, block, sequence) : default;

    /// <summary>Blocks that some operation touched.</summary>
    public long CountTouched()
    {
        var count = 0L;
        foreach (var space in _spaces.Values)
        {
            foreach (var item in space.Objects)
                count += item.TouchedBlocks;
        }

        return count;
    }

    /// <summary>Blocks of data that the store must hold, no more and no less.</summary>
    public long CountData()
    {
        var count = 0L;
        foreach (var space in _spaces.Values)
        {
            foreach (var item in space.Objects)
                count += item.CountData();
        }

        return count;
    }
}

/// <summary>A block's state under one sequence.</summary>
/// <param name="Sequence">The sequence that its last change carried.</param>
/// <param name="Version">Version of its last change.</param>
/// <param name="IsPresent">False for a hole.</param>
/// <param name="Stamp">What it holds when present.</param>
/// <param name="IsUncertain">
/// True for a hole whose version the store need not remember: there was nothing, or a hole, where it was made.
/// </param>
internal readonly record struct BlockState(uint Sequence, ulong Version, bool IsPresent, ulong Stamp, bool IsUncertain = false);

/// <summary>One space of the model.</summary>
internal sealed class ModelSpace(ulong space)
{
    private readonly SortedDictionary<uint, ModelObject> _objects = [];
    private readonly SortedSet<uint> _dropped = [];

    public ulong Number { get; } = space;

    /// <summary>The sequence that new changes carry.</summary>
    public uint Sequence { get; private set; }

    /// <summary>The objects that were ever changed.</summary>
    public IEnumerable<ModelObject> Objects => _objects.Values;

    /// <summary>Sequences that can be read, the newest excepted.</summary>
    public IEnumerable<uint> Snapshots
    {
        get
        {
            for (var sequence = 0U; sequence < Sequence; sequence++)
            {
                if (!_dropped.Contains(sequence))
                    yield return sequence;
            }
        }
    }

    /// <summary>True once a snapshot was dropped; what it alone showed goes away in the background.</summary>
    public bool HasDropped => _dropped.Count > 0;

    /// <summary>Takes a snapshot: later changes carry the next sequence.</summary>
    public void TakeSnapshot() => Sequence++;

    public BlockState Find(uint index, int block, uint sequence) =>
        _objects.TryGetValue(index, out var found) ? found.Find(block, sequence) : default;

    /// <summary>Applies a change; false when the object does not exist for the store, so that there was nothing to change.</summary>
    public bool Change(StoreOperation operation)
    {
        if (!_objects.TryGetValue(operation.Id.Index, out var found))
            _objects[operation.Id.Index] = found = new ModelObject(operation.Id);
        found.Change(operation);
        return found.WasWritten;
    }

    /// <summary>What only the dropped sequence shows goes; what the next newer one shows as well becomes its own.</summary>
    public void Drop(uint sequence)
    {
        if (!_dropped.Add(sequence))
            return;
        foreach (var item in _objects.Values)
            item.Merge(_dropped);
    }
}

/// <summary>One object of the model.</summary>
internal sealed class ModelObject(ObjectId id)
{
    private readonly SortedDictionary<int, List<BlockState>> _blocks = [];

    // The states of every block that no operation on less than the whole object has touched.
    private readonly List<BlockState> _others = [];

    public ObjectId Id { get; } = id;

    /// <summary>False while only discards touched the object, which need not bring it into being.</summary>
    public bool WasWritten { get; private set; }

    /// <summary>Blocks that an operation on less than the whole object touched, in order.</summary>
    public IEnumerable<int> Blocks => _blocks.Keys;

    /// <summary>How many those are.</summary>
    public int TouchedBlocks => _blocks.Count;

    public BlockState Find(int block, uint sequence)
    {
        var states = _blocks.GetValueOrDefault(block, _others);
        for (var i = states.Count - 1; i >= 0; i--)
        {
            if (states[i].Sequence <= sequence)
                return states[i];
        }

        return default;
    }

    public void Change(StoreOperation operation)
    {
        WasWritten |= operation.Kind == StoreOperationKind.Write;
        if (operation.BlockCount == StoreUnits.BlocksPerObject && operation.Kind == StoreOperationKind.Discard)
        {
            Change(_others, operation, 0);
            foreach (var (block, states) in _blocks)
                Change(states, operation, block);
            return;
        }

        for (var block = operation.FirstBlock; block < operation.FirstBlock + operation.BlockCount; block++)
        {
            if (!_blocks.TryGetValue(block, out var states))
                _blocks[block] = states = [.. _others];
            Change(states, operation, block);
        }
    }

    public void Merge(SortedSet<uint> dropped)
    {
        Merge(_others, dropped);
        foreach (var states in _blocks.Values)
            Merge(states, dropped);
    }

    public long CountData()
    {
        var count = 0L;
        foreach (var states in _blocks.Values)
        {
            foreach (var state in states)
                count += state.IsPresent ? 1 : 0;
        }

        return count;
    }

    private void Change(List<BlockState> states, StoreOperation operation, int block)
    {
        if (states.Count > 0 && states[^1].Version > operation.Version)
            return;
        var isWrite = operation.Kind == StoreOperationKind.Write;
        var state = new BlockState(
            operation.Sequence,
            operation.Version,
            isWrite,
            isWrite ? operation.StampOf(block) : 0,
            !WasWritten || (!isWrite && (states.Count == 0 || !states[^1].IsPresent)));
        if (states.Count > 0 && states[^1].Sequence == operation.Sequence)
            states[^1] = state;
        else
            states.Add(state);
    }

    private static void Merge(List<BlockState> states, SortedSet<uint> dropped)
    {
        for (var i = states.Count - 1; i >= 0; i--)
        {
            var heir = states[i].Sequence;
            while (dropped.Contains(heir))
                heir++;
            if (heir == states[i].Sequence)
                continue;
            if (i + 1 < states.Count && states[i + 1].Sequence <= heir)
                states.RemoveAt(i);
            else
                states[i] = states[i] with { Sequence = heir };
        }
    }
}
