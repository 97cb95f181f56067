using System.Numerics;
using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>
/// Which pages are in use, and which may be given out: those that neither the tree uses, nor the durable checkpoint, nor the one that
/// is being written. Two bits a page.
/// </summary>
internal sealed partial class PageMap
{
    private readonly List<ulong[]> _used = [];
    private readonly List<ulong[]> _taken = [];
    private readonly List<int> _freeOf = [];
    private readonly List<bool> _isChanged = [];
    private readonly byte[] _slots = new byte[MetadataSuperblock.SlotsBytes];
    private List<long> _freed = [];
    private List<long> _freedBefore = [];
    private int _cursor;
    private long _free;

    /// <summary>Pages from here on were never used.</summary>
    public long NextPage { get; private set; }

    /// <summary>Pages of the tree.</summary>
    public long UsedPages { get; private set; }

    /// <summary>Pages below <see cref="NextPage"/> that can be given out.</summary>
    public long FreePages => _free;

    /// <summary>Bitmap blocks in use.</summary>
    public int Blocks => _used.Count;

    /// <summary>Current slots as of the last freeze, one bit a block.</summary>
    public ReadOnlySpan<byte> Slots => _slots;

    /// <summary>Bitmap blocks for so many pages.</summary>
    public static int BlocksFor(long pages) => (int)((pages + BitmapBlock.Pages - 1) / BitmapBlock.Pages);

    /// <summary>Takes over what the superblock says; the blocks follow by <see cref="AddBlock"/>.</summary>
    public void Open(long nextPage, ReadOnlySpan<byte> slots)
    {
        NextPage = nextPage;
        slots.CopyTo(_slots);
    }

    /// <summary>Which slot of a block is current.</summary>
    public int SlotOf(int block) => (_slots[block / 8] >> (block % 8)) & 1;

    /// <summary>Takes over the next block as it was read.</summary>
    public void AddBlock(ReadOnlySpan<ulong> words)
    {
        var pages = (int)Math.Min(NextPage - ((long)Blocks * BitmapBlock.Pages), BitmapBlock.Pages);
        AddEmptyBlock();
        words.CopyTo(_used[^1]);
        words.CopyTo(_taken[^1]);
        var used = 0;
        foreach (var word in words)
            used += BitOperations.PopCount(word);
        UsedPages += used;
        _freeOf[^1] = pages - used;
        _free += pages - used;
    }

    /// <summary>Gives a page out; false when the space has no more.</summary>
    public bool TryAllocate(out long page)
    {
        page = NextPage;
        if (_free > 0)
            page = TakeFree();
        else if (NextPage == MetadataLayout.MaximumPages)
            return false;
        else
            TakeNew();
        Set(_used, page, true);
        Set(_taken, page, true);
        _isChanged[(int)(page / BitmapBlock.Pages)] = true;
        UsedPages++;
        return true;
    }

    /// <summary>Takes a page back.</summary>
    /// <param name="page">The page.</param>
    /// <param name="isOld">True when a checkpoint has it, durable or being written: it may be given out only after the next one.</param>
    public void Free(long page, bool isOld)
    {
        Invariant.Check(IsUsed(page));
        Set(_used, page, false);
        _isChanged[(int)(page / BitmapBlock.Pages)] = true;
        UsedPages--;
        if (isOld)
            _freed.Add(page);
        else
            GiveBack(page);
    }

    /// <summary>True when the tree uses the page.</summary>
    public bool IsUsed(long page) => (_used[(int)(page / BitmapBlock.Pages)][(int)(page % BitmapBlock.Pages / 64)] >> (int)(page % 64) & 1) != 0;

    /// <summary>Begins an epoch: what was freed in the one that ends can be given out once its checkpoint is durable.</summary>
    public void Freeze()
    {
        Invariant.Check(_freedBefore.Count == 0);
        (_freed, _freedBefore) = (_freedBefore, _freed);
    }

    /// <summary>True when a block is to be written: turns its slot over and forgets that.</summary>
    public bool TakeChanged(int block, out int slot, out ReadOnlySpan<ulong> words)
    {
        words = _used[block];
        slot = SlotOf(block) ^ 1;
        if (!_isChanged[block])
            return false;
        _isChanged[block] = false;
        _slots[block / 8] ^= (byte)(1 << (block % 8));
        return true;
    }

    private static void Set(List<ulong[]> bits, long page, bool value)
    {
        ref var word = ref bits[(int)(page / BitmapBlock.Pages)][(int)(page % BitmapBlock.Pages / 64)];
        word = value ? word | (1UL << (int)(page % 64)) : word & ~(1UL << (int)(page % 64));
    }

    private void GiveBack(long page)
    {
        Set(_taken, page, false);
        _freeOf[(int)(page / BitmapBlock.Pages)]++;
        _free++;
    }

    private void TakeNew()
    {
        if (NextPage == (long)Blocks * BitmapBlock.Pages)
            AddEmptyBlock();
        NextPage++;
    }

    private void AddEmptyBlock()
    {
        _used.Add(new ulong[BitmapBlock.Words]);
        _taken.Add(new ulong[BitmapBlock.Words]);
        _freeOf.Add(0);
        _isChanged.Add(false);
    }

    // Goes on where it found the last one, so that pages of one checkpoint are neighbours where possible.
    private long TakeFree()
    {
        while (true)
        {
            var block = _cursor / BitmapBlock.Words;
            if (block >= Blocks || _freeOf[block] == 0)
            {
                _cursor = block + 1 >= Blocks ? 0 : (block + 1) * BitmapBlock.Words;
                continue;
            }

            var start = (long)_cursor * 64;
            var free = ~_taken[block][_cursor % BitmapBlock.Words];
            if (start + 64 > NextPage)
                free &= start >= NextPage ? 0 : (1UL << (int)(NextPage - start)) - 1;
            if (free != 0)
            {
                _freeOf[block]--;
                _free--;
                return start + BitOperations.TrailingZeroCount(free);
            }

            _cursor++;
        }
    }
}
