namespace Uss.Store;

/// <summary>
/// Blocks that committed records have freed and that may not be reused yet: until the log itself says that the freeing
/// batch is durable (else a recovery might judge an older, unproven record by someone else's bytes) and until reads
/// that may have looked them up are done.
/// </summary>
internal sealed class PendingFrees : IDisposable
{
    private readonly NativeQueue<Group> _groups = new();
    private readonly NativeQueue<Item> _items = new();
    private int _open;

    /// <summary>Blocks waiting.</summary>
    public long Blocks { get; private set; }

    /// <summary>Of these, blocks of which the device should learn.</summary>
    public long DiscardBlocks { get; private set; }

    /// <summary>LSN up to which the log must be known durable for the oldest group to be released; 0 when nothing waits.</summary>
    public ulong OldestLsn => _groups.Count == 0 ? 0 : _groups[0].Lsn;

    /// <summary>Memory held, in bytes.</summary>
    public long MemoryBytes => _groups.MemoryBytes + _items.MemoryBytes;

    /// <summary>Adds a freed block to the group that is being collected.</summary>
    /// <param name="address">Block number.</param>
    /// <param name="isDiscard">True when it was freed by a discard or delete, so the device should learn of it.</param>
    public void Add(ulong address, bool isDiscard)
    {
        Blocks++;
        DiscardBlocks += isDiscard ? 1 : 0;
        if (_open > 0)
        {
            ref var last = ref _items[_items.Count - 1];
            if (last.IsDiscard == isDiscard
                && last.Extent.Address + (ulong)last.Extent.Length == address
                && last.Extent.Length < Extent.MaximumLength)
            {
                last.Extent = new Extent(last.Extent.Address, last.Extent.Length + 1);
                return;
            }
        }

        _items.Enqueue(new Item { Extent = new Extent(address, 1), IsDiscard = isDiscard });
        _open++;
    }

    /// <summary>True when blocks were added since the last <see cref="Close"/>.</summary>
    public bool HasOpen => _open > 0;

    /// <summary>Ends the group.</summary>
    /// <param name="lsn">The batch that freed its blocks.</param>
    /// <param name="epoch">The last epoch of reads that may see them.</param>
    public void Close(ulong lsn, ulong epoch)
    {
        if (_open > 0)
            _groups.Enqueue(new Group { Lsn = lsn, Epoch = epoch, Count = _open });
        _open = 0;
    }

    /// <summary>Takes the next extent that may be reused.</summary>
    /// <param name="durableBarrier">Batches up to this one are stated durable by a durable batch.</param>
    /// <param name="oldestEpoch">Epochs below this have no read left.</param>
    /// <param name="extent">The extent.</param>
    /// <param name="isDiscard">True when the device should learn of it.</param>
    public bool TryTake(ulong durableBarrier, ulong oldestEpoch, out Extent extent, out bool isDiscard)
    {
        extent = default;
        isDiscard = false;
        if (_groups.Count == 0)
            return false;
        ref var group = ref _groups[0];
        if (group.Lsn > durableBarrier || group.Epoch >= oldestEpoch)
            return false;
        var item = _items.Dequeue();
        if (--group.Count == 0)
            _groups.Dequeue();
        Blocks -= item.Extent.Length;
        DiscardBlocks -= item.IsDiscard ? item.Extent.Length : 0;
        extent = item.Extent;
        isDiscard = item.IsDiscard;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _groups.Dispose();
        _items.Dispose();
    }

    private struct Group
    {
        public ulong Lsn;
        public ulong Epoch;
        public int Count;
    }

    private struct Item
    {
        public Extent Extent;
        public bool IsDiscard;
    }
}
