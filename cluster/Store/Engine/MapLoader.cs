using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Store;

/// <summary>Brings maps into memory; those who ask for the same one share one read.</summary>
internal sealed class MapLoader(StoreCore core)
{
    private readonly Dictionary<int, WaitList> _loading = [];
    private readonly Stack<WaitList> _freeLists = new();

    /// <summary>
    /// Makes the map of a layer present. The caller holds a pin on the slot, so the map stays until it lets go.
    /// </summary>
    /// <returns>False when the image cannot be read at present.</returns>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<bool> LoadAsync(int slot)
    {
        while (!TryAttachWithoutRead(slot))
        {
            if (!_loading.TryGetValue(slot, out var others))
                return await ReadAsync(slot);
            await others.WaitAsync();
        }

        return true;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<bool> ReadAsync(int slot)
    {
        if (!_freeLists.TryPop(out var waiters))
            waiters = new WaitList();
        _loading[slot] = waiters;
        var buffer = core.Reactor.Buffers.Rent(MapImage.MaximumBytes);

        // A second look tells a passing fault from a lasting one.
        var isLoaded = false;
        for (var attempt = 0; attempt < 2 && !isLoaded; attempt++)
        {
            if (!await ReadPagesAsync(slot, buffer))
                continue;
            isLoaded = TryAttach(slot, buffer.Slice().Span);
            if (!isLoaded && attempt == 1)
                isLoaded = AttachLost(slot);
        }

        buffer.Release();
        core.State.Cache.Evict(core.MapLimitBytes);
        _loading.Remove(slot);
        waiters.WakeAll();
        _freeLists.Push(waiters);
        return isLoaded;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<bool> ReadPagesAsync(int slot, PageBuffer buffer)
    {
        var done = 0;
        while (NextRun(slot, done) is var (offset, pages) && pages > 0)
        {
            var target = buffer.Slice(done * StoreFormat.PageBytes, pages * StoreFormat.PageBytes);
            if (!(await core.Disk.ReadAsync(offset, target)).IsOk)
                return false;
            done += pages;
        }

        return true;
    }

    // Pages of an image nearly always lie together.
    private unsafe (long Offset, int Pages) NextRun(int slot, int done)
    {
        ref readonly var entry = ref core.State.Table.Read(slot);
        if (done == entry.PageCount)
            return (0, 0);
        var pages = 1;
        while (done + pages < entry.PageCount && entry.Pages[done + pages] == entry.Pages[done] + pages)
            pages++;
        return (core.Geometry.MapStart + ((entry.Pages[done] - 1L) * StoreFormat.PageBytes), pages);
    }

    private unsafe bool TryAttachWithoutRead(int slot)
    {
        if (core.State.Table.State(slot).Map != null)
            return true;
        ref readonly var entry = ref core.State.Table.Read(slot);
        if (entry.PageCount > 0)
            return false;
        var map = LayerMap.Create();
        LayerMap.SetAbsent(map, entry.MapFlags, entry.BaseVersion);
        core.State.Cache.Attach(slot, map);
        return true;
    }

    /// <summary>Takes an image that was read for a layer; false when it is not good.</summary>
    public unsafe bool TryAttach(int slot, ReadOnlySpan<byte> image)
    {
        ref readonly var entry = ref core.State.Table.Read(slot);
        var map = MapImage.Read(image[..(entry.PageCount * StoreFormat.PageBytes)], core.DiskIdHalf, entry, core.Geometry);
        if (map == null)
            return false;
        core.State.Cache.Attach(slot, map);
        return true;
    }

    /// <summary>
    /// Goes on without an image that is readable but wrong: what the layer held is not known, which reads report; what
    /// is written from now on is good. Its blocks stay in use until a disk check.
    /// </summary>
    public unsafe bool AttachLost(int slot)
    {
        core.DamagedMaps++;
        var map = LayerMap.Create();
        LayerMap.SetLost(map);
        core.State.Cache.Attach(slot, map);
        core.State.Cache.Changed(slot, map, map->MemoryBytes);
        return true;
    }
}
