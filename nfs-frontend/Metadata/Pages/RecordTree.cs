using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>
/// The records as a B-tree, copied on write: the first change of a page in an epoch gives it a new place, its parent then too, up to
/// the root. It looks only at pages in memory, and says which one it misses.
/// </summary>
internal sealed partial class RecordTree(PageCache cache)
{
    private readonly TreePath _path = new();

    /// <summary>The root.</summary>
    public PageReference Root { get; private set; }

    /// <summary>Its level.</summary>
    public int RootLevel { get; private set; }

    /// <summary>Records in the tree.</summary>
    public long Records { get; private set; }

    /// <summary>The page that the last search missed.</summary>
    public PageReference Missing { get; private set; }

    /// <summary>Its level.</summary>
    public int MissingLevel { get; private set; }

    /// <summary>Takes over what the superblock says.</summary>
    public void Open(PageReference root, int level, long records)
    {
        Root = root;
        RootLevel = level;
        Records = records;
    }

    /// <summary>Begins with an empty leaf.</summary>
    public void CreateRoot()
    {
        Root = cache.Create(0).Reference;
        RootLevel = 0;
    }

    /// <summary>Looks a record up.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="isFound">True when it is there.</param>
    /// <param name="value">Its value, until the tree changes.</param>
    /// <returns>False when a page is missing.</returns>
    public bool TryFind(RecordKey key, out bool isFound, out ReadOnlySpan<byte> value)
    {
        isFound = false;
        value = default;
        if (!TryDescend(key))
            return false;
        var leaf = _path.Leaf.Page;
        var index = leaf.Find(key, out isFound);
        if (isFound)
            value = leaf.ValueAt(index);
        return true;
    }

    /// <summary>Finds the first record of a range.</summary>
    /// <returns>False when a page is missing.</returns>
    public bool TryFindNext(RecordKey from, RecordKey to, out bool isFound, out RecordKey key, out ReadOnlySpan<byte> value)
    {
        isFound = false;
        key = default;
        value = default;
        if (!TryDescend(from))
            return false;
        var leaf = _path.Leaf.Page;
        var index = leaf.Find(from, out _);
        if (index == leaf.Count)
        {
            if (!TryDescendRight(to, out var isEnd))
                return false;
            if (isEnd)
                return true;
            leaf = _path.Leaf.Page;
            index = 0;
        }

        key = leaf.KeyAt(index);
        isFound = key.CompareTo(to) <= 0;
        if (isFound)
            value = leaf.ValueAt(index);
        return true;
    }

    /// <summary>Goes from the root to the leaf that the key belongs to; false when a page is missing.</summary>
    public bool TryDescend(RecordKey key)
    {
        if (!TryEnter(0, Root, RootLevel))
            return false;
        for (var depth = 0; depth < _path.Last; depth++)
        {
            var page = _path.Pages[depth].Page;
            var index = page.FindChild(key);
            _path.Indexes[depth] = index;
            if (!TryEnter(depth + 1, page.ChildAt(index), page.Level - 1))
                return false;
        }

        return true;
    }

    // To the first record of the next leaf, unless everything there lies behind the end of the range.
    private bool TryDescendRight(RecordKey to, out bool isEnd)
    {
        var depth = _path.Last - 1;
        while (depth >= 0 && _path.Indexes[depth] + 1 == _path.Pages[depth].Page.Count)
            depth--;
        isEnd = depth < 0 || _path.Pages[depth].Page.KeyAt(_path.Indexes[depth] + 1).CompareTo(to) > 0;
        if (isEnd)
            return true;
        _path.Indexes[depth]++;
        for (; depth < _path.Last; depth++)
        {
            var page = _path.Pages[depth].Page;
            if (!TryEnter(depth + 1, page.ChildAt(_path.Indexes[depth]), page.Level - 1))
                return false;
            _path.Indexes[depth + 1] = 0;
        }

        return true;
    }

    private bool TryEnter(int depth, PageReference reference, int level)
    {
        if (!cache.TryGet(reference.Id, out var page))
        {
            Missing = reference;
            MissingLevel = level;
            return false;
        }

        Invariant.Check(page.Level == level && page.Reference == reference);
        _path.Pages[depth] = page;
        _path.Last = depth + level;
        return true;
    }
}
