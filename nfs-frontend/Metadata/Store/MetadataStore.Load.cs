using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>Pages that come from the space.</summary>
public sealed partial class MetadataStore
{
    private const int MaximumLoads = 16;

    private readonly List<MissingPage> _missing = [];
    private readonly Stack<PinnedPages> _freePins = new();

    private readonly record struct MissingPage(PageReference Reference, int Level);

    /// <summary>What an operation keeps in memory until it has ended, and the loads that it waits for.</summary>
    private sealed class PinnedPages
    {
        public List<CachedPage> Pages { get; } = [];

        public List<ValueTask<RecordStatus>> Loads { get; } = [];
    }

    private PinnedPages RentPins() => _freePins.TryPop(out var pins) ? pins : new PinnedPages();

    private void ReturnPins(PinnedPages pins)
    {
        foreach (var page in pins.Pages)
            _cache.Unpin(page);
        pins.Pages.Clear();
        _freePins.Push(pins);
    }

    // The pages on the ways to all pending changes must be there before the first one is made.
    private void FindMissingPaths()
    {
        foreach (ref readonly var change in _transaction.Changes)
        {
            if (_tree.TryDescend(change.Key) || _missing.Count == MaximumLoads)
                continue;
            var missing = new MissingPage(_tree.Missing, _tree.MissingLevel);
            if (!_missing.Contains(missing))
                _missing.Add(missing);
        }
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<RecordStatus> LoadMissingAsync(PinnedPages pins)
    {
        // The list is of the last run; it changes with the first await.
        foreach (var missing in _missing)
        {
            var page = _cache.GetOrLoad(missing.Reference, missing.Level, out var mustRead);
            PageCache.Pin(page);
            pins.Pages.Add(page);
            if (mustRead)
                pins.Loads.Add(ReadPageAsync(page));
            else if (!page.IsReadable)
                pins.Loads.Add(page.Readers.WaitAsync());
        }

        var status = RecordStatus.Ok;
        foreach (var load in pins.Loads)
        {
            var loaded = await load;
            status = loaded == RecordStatus.Ok ? status : loaded;
        }

        pins.Loads.Clear();
        return status;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<RecordStatus> ReadPageAsync(CachedPage page)
    {
        var status = await _space.ReadAsync(PageOffset(page.Reference.Id), page.Buffer!.Slice(0, Page.Size));
        if (status == RecordStatus.Ok && page.Page.FindFault(page.Reference, page.Level, FileSystem) is not null)
            status = RecordStatus.Damaged;
        _cache.EndLoad(page, status);
        return status;
    }

    private long PageOffset(long page) => MetadataLayout.PageOffset(_superblock.LogBytes, page);
}
