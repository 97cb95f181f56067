using System.Runtime.InteropServices;

namespace Uss.NfsFrontend.Metadata;

/// <summary>Which free pages give their room back.</summary>
internal sealed partial class PageMap
{
    private readonly List<long> _discarding = [];
    private readonly List<long> _held = [];
    private int _nextDiscard;
    private int _holds;

    /// <summary>True while pages are being discarded.</summary>
    public bool IsDiscarding => _discarding.Count > 0;

    /// <summary>
    /// The checkpoint of the epoch that has ended is durable: what was freed in it can be given out again. When more than
    /// <paramref name="reserve"/> pages are free without them, they are to be discarded before that.
    /// </summary>
    public void Thaw(long reserve)
    {
        if (_holds > 0)
        {
            _held.AddRange(_freedBefore);
        }
        else if (IsDiscarding || _free < reserve)
        {
            foreach (var page in _freedBefore)
                GiveBack(page);
        }
        else
        {
            _discarding.AddRange(_freedBefore);
            _discarding.Sort();
        }

        _freedBefore.Clear();
    }

    /// <summary>From here on no page of the durable checkpoint is given out: somebody reads it in the space.</summary>
    public void Hold() => _holds++;

    /// <summary>Ends one <see cref="Hold"/>.</summary>
    public void Release()
    {
        if (--_holds > 0)
            return;
        foreach (var page in _held)
            GiveBack(page);
        _held.Clear();
    }

    /// <summary>The next neighbours to discard, none of them across the edge of an object; false when there are no more.</summary>
    public bool TryTakeDiscard(out long first, out int count)
    {
        first = 0;
        count = 0;
        var pages = CollectionsMarshal.AsSpan(_discarding)[_nextDiscard..];
        if (pages.Length == 0)
            return false;
        first = pages[0];
        while (count < pages.Length && pages[count] == first + count && (count == 0 || pages[count] % MetadataLayout.PagesOfObject != 0))
            count++;
        _nextDiscard += count;
        return true;
    }

    /// <summary>All have been discarded, or cannot be; they can be given out.</summary>
    public void EndDiscard()
    {
        foreach (var page in _discarding)
            GiveBack(page);
        _discarding.Clear();
        _nextDiscard = 0;
    }
}
