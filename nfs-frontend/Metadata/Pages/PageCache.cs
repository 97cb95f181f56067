using System.Diagnostics.CodeAnalysis;
using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>
/// The pages in memory. Clean ones leave by the clock algorithm when there are more than fit; changed ones stay until a checkpoint has
/// written them, and those that somebody waits for stay as well.
/// </summary>
internal sealed class PageCache(Reactor reactor, PageMap map, ulong fileSystem, int capacityPages)
{
    private readonly Dictionary<long, CachedPage> _pages = [];
    private readonly List<CachedPage> _clock = [];
    private readonly Stack<CachedPage> _free = new();
    private List<CachedPage> _dirty = [];
    private List<CachedPage> _frozen = [];
    private int _hand;

    /// <summary>The generation of the next superblock: pages that are changed now belong to it.</summary>
    public ulong Epoch { get; private set; }

    /// <summary>Pages that have changed in this epoch.</summary>
    public int DirtyPages => _dirty.Count;

    /// <summary>Pages of the checkpoint that is being written.</summary>
    public List<CachedPage> Frozen => _frozen;

    /// <summary>Memory of pages in use.</summary>
    public long Bytes { get; private set; }

    /// <summary>Pages read from the space.</summary>
    public long Misses { get; private set; }

    /// <summary>Begins with this epoch.</summary>
    public void Open(ulong epoch) => Epoch = epoch;

    /// <summary>Finds a page in memory.</summary>
    public bool TryGet(long id, [NotNullWhen(true)] out CachedPage? page)
    {
        if (!_pages.TryGetValue(id, out page) || !page.IsReadable)
            return false;
        page.IsUsed = true;
        return true;
    }

    /// <summary>The page, for one that will read it or waits for who reads it; the caller pins it.</summary>
    /// <param name="reference">Its name.</param>
    /// <param name="level">Its level.</param>
    /// <param name="mustRead">True when the caller is to read it and then says <see cref="EndLoad"/>.</param>
    public CachedPage GetOrLoad(PageReference reference, int level, out bool mustRead)
    {
        mustRead = !_pages.TryGetValue(reference.Id, out var page);
        if (page is not null)
            return page;
        Misses++;
        Evict();
        page = Add(reference, level, PageState.Loading);
        return page;
    }

    /// <summary>The page was read, or cannot be.</summary>
    public void EndLoad(CachedPage page, RecordStatus status)
    {
        if (status == RecordStatus.Ok)
            page.State = PageState.Clean;
        else
            Drop(page);
        page.Readers.CompleteAll(status);
    }

    /// <summary>Makes a new, empty page.</summary>
    public CachedPage Create(int level)
    {
        var id = Allocate();
        var page = Add(new PageReference(id, Epoch), level, PageState.Dirty);
        Page.Create(page.Page.Whole, page.Reference, level, fileSystem);
        AddDirty(page);
        return page;
    }

    /// <summary>The page as one that may be changed: itself under a new name, or a copy where a checkpoint needs it as it is.</summary>
    public CachedPage MakeWritable(CachedPage page)
    {
        if (page.State == PageState.Dirty)
            return page;
        map.Free(page.Reference.Id, isOld: true);
        var reference = new PageReference(Allocate(), Epoch);
        _pages.Remove(page.Reference.Id);
        if (page.State == PageState.Frozen)
        {
            var copy = Add(reference, page.Level, PageState.Dirty);
            page.Page.Whole.CopyTo(copy.Page.Whole);
            Leave(page);
            page = copy;
        }
        else
        {
            Invariant.Check(page.State == PageState.Clean);
            page.State = PageState.Dirty;
            page.Reference = reference;
            _pages.Add(reference.Id, page);
        }

        page.Page.Header.Self = reference;
        AddDirty(page);
        return page;
    }

    /// <summary>The tree does not have the page any more.</summary>
    public void Remove(CachedPage page)
    {
        map.Free(page.Reference.Id, isOld: page.State != PageState.Dirty);
        if (page.State == PageState.Dirty)
            RemoveDirty(page);
        if (page.State == PageState.Frozen)
        {
            _pages.Remove(page.Reference.Id);
            Leave(page);
        }
        else
        {
            Drop(page);
        }
    }

    /// <summary>Takes a pin; the page stays in memory, and its object its own.</summary>
    public static void Pin(CachedPage page) => page.Pins++;

    /// <summary>Gives a pin back.</summary>
    public void Unpin(CachedPage page)
    {
        Invariant.Check(page.Pins > 0);
        if (--page.Pins == 0 && page.State == PageState.Gone)
            Recycle(page);
    }

    /// <summary>Ends the epoch: what has changed in it is changed no more and is <see cref="Frozen"/>.</summary>
    public void Freeze()
    {
        Invariant.Check(_frozen.Count == 0);
        (_dirty, _frozen) = (_frozen, _dirty);
        foreach (var page in _frozen)
            page.State = PageState.Frozen;
        Epoch++;
    }

    /// <summary>The frozen pages are durable.</summary>
    public void Thaw()
    {
        foreach (var page in _frozen)
        {
            if (page.State == PageState.Frozen)
                page.State = PageState.Clean;
            else
                Forget(page);
        }

        _frozen.Clear();
        Evict();
    }

    /// <summary>Lets clean pages go until the rest fits, or nothing more can go. Never between a search and the change that it is for.</summary>
    public void Evict()
    {
        for (var steps = 2 * _clock.Count; steps > 0 && Bytes > (long)capacityPages * Page.Size; steps--)
        {
            if (_hand >= _clock.Count)
                _hand = 0;
            var page = _clock[_hand];
            if (page.State == PageState.Clean && page.Pins == 0 && !page.IsUsed)
            {
                Drop(page);
                continue;
            }

            page.IsUsed = false;
            _hand++;
        }
    }

    /// <summary>Gives all memory back; nobody reads or writes any more.</summary>
    public void Close()
    {
        foreach (var page in _frozen)
        {
            if (page.State == PageState.Superseded)
                Forget(page);
        }

        while (_clock.Count > 0)
            Drop(_clock[^1]);
        _frozen.Clear();
        _dirty.Clear();
    }

    private long Allocate()
    {
        // The store asks for room before it changes anything.
        Invariant.Check(map.TryAllocate(out var id));
        return id;
    }

    private CachedPage Add(PageReference reference, int level, PageState state)
    {
        var page = _free.TryPop(out var free) ? free : new CachedPage();
        page.Reference = reference;
        page.Level = level;
        page.State = state;
        page.IsUsed = true;
        page.Buffer = reactor.Buffers.Rent(Page.Size);
        page.ClockIndex = _clock.Count;
        _clock.Add(page);
        _pages.Add(reference.Id, page);
        Bytes += Page.Size;
        return page;
    }

    private void AddDirty(CachedPage page)
    {
        page.DirtyIndex = _dirty.Count;
        _dirty.Add(page);
    }

    private void RemoveDirty(CachedPage page)
    {
        var last = _dirty[^1];
        _dirty[page.DirtyIndex] = last;
        last.DirtyIndex = page.DirtyIndex;
        _dirty.RemoveAt(_dirty.Count - 1);
    }

    // Out of the clock, but still in the checkpoint.
    private void Leave(CachedPage page)
    {
        LeaveClock(page);
        page.State = PageState.Superseded;
    }

    private void LeaveClock(CachedPage page)
    {
        var last = _clock[^1];
        _clock[page.ClockIndex] = last;
        last.ClockIndex = page.ClockIndex;
        _clock.RemoveAt(_clock.Count - 1);
    }

    private void Drop(CachedPage page)
    {
        _pages.Remove(page.Reference.Id);
        LeaveClock(page);
        Forget(page);
    }

    private void Forget(CachedPage page)
    {
        page.Buffer!.Release();
        page.Buffer = null;
        Bytes -= Page.Size;
        page.State = PageState.Gone;
        if (page.Pins == 0)
            Recycle(page);
    }

    private void Recycle(CachedPage page)
    {
        page.State = PageState.Free;
        _free.Push(page);
    }
}
