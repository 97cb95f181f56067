using Uss.Runtime;

namespace Uss.Store;

/// <summary>
/// Hands out data blocks. Recently freed blocks come first (the host has space for them already, so a sparse file does
/// not grow and a direct write to them commits no metadata of the host's file system), then other free blocks below
/// the frontier, then space that was never used, in order.
/// </summary>
internal sealed class BlockAllocator : IDisposable
{
    // A write is cut into pieces of at least this many blocks before untouched space is taken instead: 64 KiB keeps
    // the number of device writes for a large write small.
    private const int PreferredPiece = 16;

    // Pages of the bitmap (128 MiB each) that a search for a run looks at before it takes untouched space.
    private const int SearchPages = 4;

    private const int HintCapacity = 1 << 15;

    private readonly long _firstAddress;
    private readonly long _blocks;
    private readonly PagedBitmap _busy;
    private readonly RecycledExtents _small = new(HintCapacity);
    private readonly RecycledExtents _large = new(HintCapacity);
    private long _cursor;

    /// <summary>Creates an allocator of a data zone in which everything is free.</summary>
    public BlockAllocator(in StoreGeometry geometry)
    {
        _firstAddress = geometry.FirstDataAddress;
        _blocks = geometry.DataBlocks;
        _busy = new PagedBitmap(geometry.BitmapBlocks);
    }

    /// <summary>Blocks that are neither in use nor on their way to be free.</summary>
    public long FreeBlocks => _blocks - _busy.SetCount;

    /// <summary>Blocks from here on, counted from the start of the data zone, were never used.</summary>
    public long Frontier { get; private set; }

    /// <summary>Memory held, in bytes.</summary>
    public long MemoryBytes => _busy.MemoryBytes + _small.MemoryBytes + _large.MemoryBytes;

    /// <summary>Starts from what is in use.</summary>
    public void Load(PagedBitmap used, long frontier)
    {
        _busy.CopyFrom(used);
        Frontier = Math.Clamp(frontier, 0, _blocks);
        var last = _busy.NextSet(Frontier, _busy.Length);
        while (last < _blocks)
        {
            Frontier = _busy.NextClear(last, _blocks);
            last = _busy.NextSet(Frontier, _busy.Length);
        }
    }

    /// <summary>True when the block is neither in use nor on its way to be free.</summary>
    public bool IsFree(ulong address) => !_busy.Get((long)address - _firstAddress);

    /// <summary>Takes blocks for a write.</summary>
    /// <returns>False when there are not so many; nothing is taken then.</returns>
    public bool TryAllocate(int count, ExtentList extents)
    {
        if (FreeBlocks < count)
            return false;
        var left = count;
        TakeRecycled(count, ref left, extents);
        if (left > 0)
            TakeRun(ref left, extents);
        if (left > 0)
            TakeAny(ref left, extents);
        Invariant.Check(left == 0);
        return true;
    }

    /// <summary>Gives blocks back that nothing can reach any more.</summary>
    /// <param name="address">First block.</param>
    /// <param name="length">Blocks.</param>
    /// <param name="isWarm">True to reuse them first.</param>
    public void Release(ulong address, int length, bool isWarm)
    {
        _busy.ClearRange((long)address - _firstAddress, length);
        if (isWarm)
            (length >= PreferredPiece ? _large : _small).Push(address, length);
    }

    /// <summary>
    /// The first run of free blocks from <paramref name="address"/> on, below the frontier and before <paramref name="end"/>;
    /// length 0 when there is none.
    /// </summary>
    public (ulong Address, long Length) NextFreeRun(ulong address, ulong end)
    {
        var limit = Math.Min((long)end - _firstAddress, Frontier);
        var first = _busy.NextClear(Math.Min((long)address - _firstAddress, limit), limit);
        return ((ulong)(first + _firstAddress), _busy.NextSet(first, limit) - first);
    }

    /// <summary>Takes a run out of the free blocks (while it is discarded to the device). All of it must be free.</summary>
    public void Reserve(ulong address, int length) => _busy.SetRange((long)address - _firstAddress, length);

    /// <summary>The run of free blocks around a free block, from <paramref name="from"/> to before <paramref name="end"/>.</summary>
    public (ulong Address, long Length) FreeRunAt(ulong address, ulong from, ulong end)
    {
        var bit = (long)address - _firstAddress;
        var first = bit;
        while (first > (long)from - _firstAddress && !_busy.Get(first - 1))
            first--;

        // Space behind the frontier was never used: there is nothing to tell the device about it.
        var last = _busy.NextSet(bit, Math.Min((long)end - _firstAddress, Frontier));
        return ((ulong)(first + _firstAddress), last - first);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _busy.Dispose();
        _small.Dispose();
        _large.Dispose();
    }

    private void TakeRecycled(int count, ref int left, ExtentList extents)
    {
        var minimum = Math.Clamp(count / 4, 1, PreferredPiece);
        var stack = count >= PreferredPiece || _small.Count == 0 ? _large : _small;
        while (left > 0 && stack.TryPop(out var hint))
        {
            var first = (long)hint.Address - _firstAddress;
            var end = first + hint.Length;
            first = _busy.NextClear(first, end);
            var length = (int)(_busy.NextSet(first, end) - first);
            if (length == 0)
                continue;
            if (length < Math.Min(minimum, left))
            {
                // Fragments: the search for a run may find them joined to others.
                stack.Push((ulong)(first + _firstAddress), length);
                return;
            }

            var taken = Math.Min(length, left);
            Take(first, taken, extents);
            left -= taken;
            if (taken < length)
                (length - taken >= PreferredPiece ? _large : _small).Push((ulong)(first + taken + _firstAddress), length - taken);
        }
    }

    // Next-fit below the frontier with bounded effort, else untouched space.
    private void TakeRun(ref int left, ExtentList extents)
    {
        if (Frontier - _busy.SetCount >= left && TryFindRun(left, out var run))
        {
            _cursor = run + left;
            Take(run, left, extents);
            left = 0;
        }
        else if (_blocks - Frontier >= left)
        {
            Take(Frontier, left, extents);
            left = 0;
        }
    }

    private bool TryFindRun(int count, out long run)
    {
        run = _cursor < Frontier ? _cursor : 0;
        var searched = 0L;
        var wrapped = run == 0;
        while (searched < (long)SearchPages * PagedBitmap.BitsPerPage)
        {
            var first = _busy.NextClear(run, Frontier);
            if (first + count > Frontier)
            {
                if (wrapped)
                    return false;
                wrapped = true;
                run = 0;
                continue;
            }

            var end = _busy.NextSet(first, first + count);
            if (end == first + count)
            {
                run = first;
                return true;
            }

            // Full pages cost nothing to skip, so only what was looked at closely counts.
            searched += 64 + ((first - run) % PagedBitmap.BitsPerPage) + (end - first);
            run = end;
        }

        _cursor = run;
        return false;
    }

    private void TakeAny(ref int left, ExtentList extents)
    {
        var position = _cursor < _blocks ? _cursor : 0;
        while (left > 0)
        {
            var first = _busy.NextClear(position, _blocks);
            if (first == _blocks)
            {
                position = 0;
                continue;
            }

            var length = (int)(_busy.NextSet(first, Math.Min(_blocks, first + left)) - first);
            Take(first, length, extents);
            left -= length;
            position = first + length;
        }

        _cursor = position;
    }

    private void Take(long first, int length, ExtentList extents)
    {
        _busy.SetRange(first, length);
        Frontier = Math.Max(Frontier, first + length);
        extents.Add((ulong)(first + _firstAddress), length);
    }
}
