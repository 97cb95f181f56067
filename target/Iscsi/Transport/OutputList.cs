namespace Uss.Target.Iscsi;

/// <summary>A first-in first-out list of <see cref="OutputItem"/>s.</summary>
internal struct OutputList
{
    private OutputItem? _tail;

    /// <summary>The oldest item, or null.</summary>
    public OutputItem? Head { get; private set; }

    /// <summary>Appends an item that is in no list.</summary>
    public void Append(OutputItem item)
    {
        item.Next = null;
        if (_tail is null)
            Head = item;
        else
            _tail.Next = item;
        _tail = item;
    }

    /// <summary>Takes the oldest item out; null when there is none.</summary>
    public OutputItem? Take()
    {
        var item = Head;
        if (item is null)
            return null;
        Head = item.Next;
        if (Head is null)
            _tail = null;
        item.Next = null;
        return item;
    }
}
