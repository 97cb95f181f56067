namespace Uss.NfsFrontend.Metadata;

/// <summary>The pages from the root down to a leaf, and the way taken in each.</summary>
internal sealed class TreePath
{
    /// <summary>The pages, the root first.</summary>
    public CachedPage[] Pages { get; } = new CachedPage[Page.MaximumLevel + 1];

    /// <summary>The index of the child in each inner page.</summary>
    public int[] Indexes { get; } = new int[Page.MaximumLevel + 1];

    /// <summary>Index of the leaf.</summary>
    public int Last { get; set; }

    /// <summary>The leaf.</summary>
    public CachedPage Leaf => Pages[Last];
}
