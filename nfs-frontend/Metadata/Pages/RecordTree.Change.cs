using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>Changes. The path of the key must be in memory.</summary>
internal sealed partial class RecordTree
{
    private const int MergeBelowBytes = Page.PayloadBytes / 3;

    /// <summary>Puts a record in place of the one that may be there.</summary>
    public void Put(RecordKey key, ReadOnlySpan<byte> value)
    {
        Invariant.Check(TryDescend(key));
        MakePathWritable(_path.Last);
        var leaf = _path.Leaf.Page;
        var index = leaf.Find(key, out var isFound);
        if (isFound)
        {
            if (leaf.TryReplace(index, value))
                return;
            leaf.Remove(index);
            Records--;
        }

        Insert(_path.Last, index, key, value);
        Records++;
    }

    /// <summary>
    /// Removes a record; nothing changes when it is not there. Its leaf stays, even without records, until <see cref="Tidy"/>: when a
    /// leaf goes, its keys belong to a neighbour, which need not be in memory for a further change.
    /// </summary>
    public void Delete(RecordKey key)
    {
        Invariant.Check(TryDescend(key));
        var index = _path.Leaf.Page.Find(key, out var isFound);
        if (!isFound)
            return;
        Records--;
        MakePathWritable(_path.Last);
        _path.Leaf.Page.Remove(index);
    }

    /// <summary>Removes or merges the leaf that a key was removed from, once all changes of the transaction are made.</summary>
    public void Tidy(RecordKey key)
    {
        // Where a page is missing, the leaf is gone already.
        if (!TryDescend(key) || _path.Last == 0 || _path.Leaf.State != PageState.Dirty)
            return;
        var depth = _path.Last;
        if (_path.Leaf.Page.Count == 0)
            depth = RemoveLeaf();
        for (; depth > 0 && TryMerge(depth); depth--)
        {
        }

        CollapseRoot();
    }

    private void MakePathWritable(int last)
    {
        for (var depth = 0; depth <= last; depth++)
        {
            var page = cache.MakeWritable(_path.Pages[depth]);
            _path.Pages[depth] = page;
            if (depth == 0)
                Root = page.Reference;
            else
                _path.Pages[depth - 1].Page.SetChild(_path.Indexes[depth - 1], page.Reference);
        }
    }

    // Pages on the path are writable.
    private void Insert(int depth, int index, RecordKey key, ReadOnlySpan<byte> value)
    {
        var page = _path.Pages[depth];
        if (page.Page.TryInsert(index, key, value))
            return;
        var right = cache.Create(page.Level);
        page.Page.Split(right.Page, index, key, value);
        var separator = right.Page.KeyAt(0);
        Span<byte> child = stackalloc byte[PageReference.Size];
        right.Reference.Write(child);
        if (depth > 0)
        {
            Insert(depth - 1, _path.Indexes[depth - 1] + 1, separator, child);
            return;
        }

        Invariant.Check(RootLevel < Page.MaximumLevel);
        var root = cache.Create(++RootLevel);
        Span<byte> left = stackalloc byte[PageReference.Size];
        page.Reference.Write(left);
        Invariant.Check(root.Page.TryInsert(0, default, left) && root.Page.TryInsert(1, separator, child));
        Root = root.Reference;
    }

    // A leaf without records goes, and with it those above it that have no other child. Returns the depth of who has lost a child.
    private int RemoveLeaf()
    {
        var depth = _path.Last - 1;
        while (depth >= 0 && _path.Pages[depth].Page.Count == 1)
            depth--;
        for (var gone = depth + 1; gone <= _path.Last; gone++)
            cache.Remove(_path.Pages[gone]);
        if (depth < 0)
        {
            CreateRoot();
            return depth;
        }

        MakePathWritable(depth);
        _path.Pages[depth].Page.Remove(_path.Indexes[depth]);
        return depth;
    }

    // Joins a page with a neighbour under the same parent, when that is in memory and both together leave room to grow.
    private bool TryMerge(int depth)
    {
        var page = _path.Pages[depth];
        var parent = _path.Pages[depth - 1].Page;
        var index = _path.Indexes[depth - 1];
        if (page.Page.UsedBytes > MergeBelowBytes || parent.Count == 1)
            return false;
        var left = index > 0 ? index - 1 : index;
        if (!cache.TryGet(parent.ChildAt(index > 0 ? index - 1 : index + 1).Id, out var neighbour)
            || page.Page.UsedBytes + neighbour.Page.UsedBytes > 2 * MergeBelowBytes)
        {
            return false;
        }

        var target = cache.MakeWritable(index > 0 ? neighbour : page);
        var source = index > 0 ? page : neighbour;
        parent.SetChild(left, target.Reference);
        target.Page.Append(source.Page, parent.KeyAt(left + 1));
        parent.Remove(left + 1);
        cache.Remove(source);
        return true;
    }

    // A root with one child is none.
    private void CollapseRoot()
    {
        while (RootLevel > 0 && cache.TryGet(Root.Id, out var root) && root.Page.Count == 1)
        {
            Root = root.Page.ChildAt(0);
            RootLevel--;
            cache.Remove(root);
        }
    }
}
