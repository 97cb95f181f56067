namespace Uss.Runtime.IoUring;

/// <summary>Operations by place; a place is given to another operation only after the first has given it back.</summary>
internal sealed class OperationTable
{
    private readonly Stack<int> _free = new();
    private Operation?[] _operations = new Operation?[256];
    private int _used;

    /// <summary>Places ever used; those given back are null.</summary>
    internal ReadOnlySpan<Operation?> All => _operations.AsSpan(0, _used);

    internal Operation this[int slot] => _operations[slot]!;

    internal int Add(Operation operation)
    {
        if (!_free.TryPop(out var slot))
        {
            if (_used == _operations.Length)
                Array.Resize(ref _operations, _used * 2);
            slot = _used++;
        }

        _operations[slot] = operation;
        return slot;
    }

    internal void Remove(Operation operation)
    {
        Invariant.Check(!operation.IsInFlight && ReferenceEquals(_operations[operation.Slot], operation));
        _operations[operation.Slot] = null;
        _free.Push(operation.Slot);
    }
}
