using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>A page in memory, or on its way there.</summary>
internal sealed class CachedPage
{
    /// <summary>What holds for it.</summary>
    public PageState State { get; set; }

    /// <summary>Its name; another one from its first change in an epoch on.</summary>
    public PageReference Reference { get; set; }

    /// <summary>0 for a leaf.</summary>
    public int Level { get; set; }

    /// <summary>Its bytes, while it is in use.</summary>
    public PageBuffer? Buffer { get; set; }

    /// <summary>Operations that wait for it or have to find it when they run again.</summary>
    public int Pins { get; set; }

    /// <summary>Used since the clock's hand passed it.</summary>
    public bool IsUsed { get; set; }

    /// <summary>Index in the clock, or in the list of the pages that a checkpoint takes.</summary>
    public int ClockIndex { get; set; }

    /// <summary>Index among the dirty pages.</summary>
    public int DirtyIndex { get; set; }

    /// <summary>Who waits for it to be read.</summary>
    public WaiterQueue Readers { get; } = new();

    /// <summary>True when its records can be looked at.</summary>
    public bool IsReadable => State is PageState.Clean or PageState.Dirty or PageState.Frozen;

    /// <summary>Its records.</summary>
    public Page Page => new(Buffer!.Slice(0, Page.Size).Span);
}

/// <summary>What holds for a page in memory.</summary>
internal enum PageState
{
    /// <summary>Not in use.</summary>
    Free,

    /// <summary>On its way from the space.</summary>
    Loading,

    /// <summary>As in the space.</summary>
    Clean,

    /// <summary>Changed in the present epoch: changed further in place.</summary>
    Dirty,

    /// <summary>Part of the checkpoint that is being written: a change makes a copy.</summary>
    Frozen,

    /// <summary>As frozen, and no part of the present tree.</summary>
    Superseded,

    /// <summary>Not part of the tree any more, or never read; kept by those who wait for it.</summary>
    Gone,
}
