using Uss.Runtime;

namespace Uss.Store;

/// <summary>Some images on their way to the disk in one or a few writes.</summary>
internal sealed class ImageChunk : IDisposable
{
    // 256 KiB, written in a millisecond or so.
    private const int Pages = 64;

    // A layer that needs no write costs little, but not nothing.
    private const int MaximumLayers = 512;

    private readonly StoreCore _core;
    private readonly WriteAheadLog _log;
    private readonly PageBuffer _buffer;
    private readonly NativeList<Image> _images = new();
    private readonly NativeList<uint> _pages = new();
    private readonly List<ValueTask<IoResult>> _writes = [];
    private int _layers;

    /// <summary>Creates an empty chunk.</summary>
    public ImageChunk(StoreCore core, WriteAheadLog log)
    {
        _core = core;
        _log = log;
        _buffer = core.Reactor.Buffers.Rent(Pages * StoreFormat.PageBytes);
    }

    /// <summary>True when the map zone has no page for the layer that was to be added.</summary>
    public bool IsShortOfPages { get; private set; }

    /// <summary>Adds a layer of the list of dirty ones, if it still is dirty.</summary>
    /// <returns>False when the chunk is full.</returns>
    public unsafe bool TryAdd(int slot)
    {
        if (++_layers > MaximumLayers || _pages.Count + MapImage.MaximumPages > Pages)
            return false;
        var state = _core.State;
        ref var layer = ref state.Table.State(slot);
        IsShortOfPages = state.Images.FreePages < MapImage.MaximumPages;
        if (IsShortOfPages)
            return false;
        layer.Flags &= ~LayerFlags.Listed;
        if ((layer.Flags & LayerFlags.Dirty) == 0)
            return true;
        var image = new Image { Slot = slot, Lsn = _log.CommittedLsn, Flags = layer.Map->Flags, BaseVersion = layer.Map->BaseVersion };
        if (layer.Map->Count > 0)
        {
            ref readonly var entry = ref state.Table.Read(slot);
            var target = _buffer.Slice(_pages.Count * StoreFormat.PageBytes, MapImage.PagesFor(layer.Map->Count) * StoreFormat.PageBytes);
            image.PageCount = MapImage.Write(target.Span, _core.DiskIdHalf, entry.Id, entry.Sequence, image.Lsn, layer.Map);
            for (var i = 0; i < image.PageCount; i++)
                _pages.Add(image.Pages[i] = state.Images.Allocate());
        }

        // The map may change again at once: it is clean as of now. The pin keeps it until the image can be read back.
        state.Cache.Clean(slot);
        layer.Pins++;
        _images.Add(image);
        return true;
    }

    /// <summary>Starts the writes: one for each run of pages that lie together.</summary>
    public void Start()
    {
        for (var first = 0; first < _pages.Count;)
        {
            var end = first + 1;
            while (end < _pages.Count && _pages[end] == _pages[end - 1] + 1)
                end++;
            var offset = _core.Geometry.MapStart + ((_pages[first] - 1L) * StoreFormat.PageBytes);
            var source = _buffer.Slice(first * StoreFormat.PageBytes, (end - first) * StoreFormat.PageBytes);
            _writes.Add(_core.Disk.WriteAsync(offset, source));
            first = end;
        }
    }

    /// <summary>Waits for the writes and makes the images count, or takes everything back.</summary>
    public async ValueTask<IoResult> FinishAsync()
    {
        IoResult result = default;
        foreach (var write in _writes)
        {
            var io = await write;
            if (result.IsOk)
                result = io;
        }

        _core.BytesWritten += result.IsOk ? (long)_pages.Count * StoreFormat.PageBytes : 0;
        Settle(result.IsOk);
        _writes.Clear();
        _images.Clear();
        _pages.Clear();
        _layers = 0;
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _buffer.Release();
        _images.Dispose();
        _pages.Dispose();
    }

    private unsafe void Settle(bool isWritten)
    {
        var state = _core.State;
        foreach (ref var image in _images.Span)
        {
            ref var layer = ref state.Table.State(image.Slot);
            layer.Pins--;
            if (!isWritten)
            {
                for (var i = 0; i < image.PageCount; i++)
                    state.Images.Free(image.Pages[i]);
                state.Cache.Changed(image.Slot, layer.Map, layer.Map->MemoryBytes);
                continue;
            }

            state.RetireImage(image.Slot);
            ref var entry = ref state.Table.Change(image.Slot);
            entry.PageCount = (byte)image.PageCount;
            for (var i = 0; i < MapImage.MaximumPages; i++)
                entry.Pages[i] = i < image.PageCount ? image.Pages[i] : 0;
            entry.ImageLsn = image.Lsn;
            entry.MapFlags = image.Flags;
            entry.BaseVersion = image.BaseVersion;
            layer.ImageCheckpoint = state.DurableCheckpoint + 1;
        }
    }

    private unsafe struct Image
    {
        public int Slot;
        public int PageCount;
        public fixed uint Pages[MapImage.MaximumPages];
        public ulong Lsn;
        public MapFlags Flags;
        public ulong BaseVersion;
    }
}
