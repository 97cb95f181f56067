namespace Uss.NfsFrontend.Metadata;

/// <summary>Those who wait for one event, first come first served.</summary>
internal sealed class WaiterQueue
{
    private Waiter? _first;
    private Waiter? _last;

    /// <summary>True when nobody waits.</summary>
    public bool IsEmpty => _first is null;

    /// <summary>Waits.</summary>
    /// <param name="heldSpace">When set, the wait ends well only if this space is still held.</param>
    public ValueTask<RecordStatus> WaitAsync(IMetadataSpace? heldSpace = null)
    {
        var waiter = Waiter.Rent();
        waiter.HeldSpace = heldSpace;
        if (_last is null)
            _first = waiter;
        else
            _last.Next = waiter;
        _last = waiter;
        return waiter.Task;
    }

    /// <summary>Ends the wait of all who wait now. They run before this returns, and may wait again.</summary>
    public void CompleteAll(RecordStatus status)
    {
        var waiter = _first;
        _first = _last = null;
        while (waiter is not null)
        {
            var next = waiter.Next;
            waiter.Next = null;
            waiter.Complete(status);
            waiter = next;
        }
    }

    /// <summary>Ends the wait of who has waited longest.</summary>
    public void CompleteFirst(RecordStatus status)
    {
        if (_first is not { } waiter)
            return;
        _first = waiter.Next;
        if (_first is null)
            _last = null;
        waiter.Next = null;
        waiter.Complete(status);
    }
}
