using Uss.Runtime;

namespace Uss.Store;

/// <summary>Hands out pages of the map image zone, next-fit, so that the images of one checkpoint lie together.</summary>
internal sealed class ImagePages : IDisposable
{
    private readonly PagedBitmap _used;
    private long _cursor;

    /// <summary>Creates an allocator of a zone of <paramref name="pages"/> free pages.</summary>
    public ImagePages(int pages) => _used = new PagedBitmap(pages);

    /// <summary>Pages of the zone.</summary>
    public long Pages => _used.Length;

    /// <summary>Pages not in use.</summary>
    public long FreePages => _used.Length - _used.SetCount;

    /// <summary>Memory held, in bytes.</summary>
    public long MemoryBytes => _used.MemoryBytes;

    /// <summary>Takes one page.</summary>
    /// <returns>Its number plus one.</returns>
    public uint Allocate()
    {
        Invariant.Check(FreePages > 0);
        var page = _used.NextClear(_cursor, _used.Length);
        if (page == _used.Length)
            page = _used.NextClear(0, _used.Length);
        _used.SetRange(page, 1);
        _cursor = page + 1 < _used.Length ? page + 1 : 0;
        return (uint)page + 1;
    }

    /// <summary>Gives a page back.</summary>
    public void Free(uint pagePlusOne) => _used.ClearRange(pagePlusOne - 1L, 1);

    /// <summary>Marks a page that the object table names, at open; false when another image has it or it is no page.</summary>
    public bool TryMark(uint pagePlusOne) =>
        pagePlusOne > 0 && pagePlusOne <= _used.Length && _used.Change(pagePlusOne - 1L, 1, true) == 1;

    /// <inheritdoc/>
    public void Dispose() => _used.Dispose();
}
