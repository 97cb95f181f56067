namespace Uss.Store.Tests;

/// <summary>What a store must hold, kept in plain dictionaries: per block and snapshot sequence the stamp of its last change.</summary>
internal sealed class StoreModel
{
    private readonly Dictionary<BlockKey, Dictionary<uint, BlockState>> _blocks = [];

    /// <summary>Changes under way, which a crash may keep or lose.</summary>
    public List<ModelChange> Pending { get; } = [];

    /// <summary>Every block that any change ever named.</summary>
    public IEnumerable<BlockKey> Keys => _blocks.Keys;

    public void Begin(ModelChange change)
    {
        Pending.Add(change);
        foreach (var key in change.Keys)
            _blocks.TryAdd(key, []);
    }

    public void Commit(ModelChange change)
    {
        Pending.Remove(change);
        Apply(change);
    }

    public void Forget(ModelChange change) => Pending.Remove(change);

    public void DeleteSpace(ulong space)
    {
        foreach (var (key, layers) in _blocks)
        {
            if (key.Id.Space == space)
                layers.Clear();
        }
    }

    public void Drop(ulong space, uint sequence, uint next)
    {
        foreach (var (key, layers) in _blocks)
        {
            if (key.Id.Space != space || !layers.Remove(sequence, out var state))
                continue;
            layers.TryAdd(next, state);
        }
    }

    /// <summary>What the block holds at a sequence.</summary>
    public BlockState Expected(BlockKey key, uint sequence)
    {
        if (!_blocks.TryGetValue(key, out var layers))
            return default;
        var best = default(BlockState);
        long bestSequence = -1;
        foreach (var (layer, state) in layers)
        {
            if (layer <= sequence && layer > bestSequence)
                (best, bestSequence) = (state, layer);
        }

        return best;
    }

    private void Apply(ModelChange change)
    {
        var index = 0;
        foreach (var key in change.Keys)
        {
            var layers = _blocks[key];
            layers.TryGetValue(change.Sequence, out var present);
            if (change.Version >= present.Version)
                layers[change.Sequence] = new BlockState(change.IsDiscard ? Stamp.Zeros : new Stamp(change.Stamp, index), change.Version);
            index++;
        }
    }
}

internal readonly record struct BlockKey(ObjectId Id, int Block);

internal readonly record struct BlockState(Stamp Stamp, ulong Version);

internal sealed record ModelChange(ObjectId Id, int FirstBlock, int Blocks, ulong Stamp, ulong Version, uint Sequence, bool IsDiscard)
{
    public IEnumerable<BlockKey> Keys => Enumerable.Range(FirstBlock, Blocks).Select(block => new BlockKey(Id, block));

    public bool Overlaps(ModelChange other) =>
        Id == other.Id && FirstBlock < other.FirstBlock + other.Blocks && other.FirstBlock < FirstBlock + Blocks;
}
