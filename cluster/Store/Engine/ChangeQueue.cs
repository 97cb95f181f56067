namespace Uss.Store;

/// <summary>Changes that wait for the next log batch, oldest first.</summary>
internal sealed class ChangeQueue
{
    private StoreChange? _last;

    /// <summary>The oldest; null when empty.</summary>
    public StoreChange? First { get; private set; }

    /// <summary>Appends.</summary>
    public void Enqueue(StoreChange change)
    {
        if (_last is null)
            First = change;
        else
            _last.Next = change;
        _last = change;
    }

    /// <summary>Removes the oldest.</summary>
    public StoreChange Dequeue()
    {
        var change = First!;
        First = change.Next;
        change.Next = null;
        if (First is null)
            _last = null;
        return change;
    }
}
