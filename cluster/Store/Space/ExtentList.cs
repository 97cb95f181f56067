using Uss.Runtime;

namespace Uss.Store;

/// <summary>The extents of one write, in block order; reused with the request that owns it.</summary>
internal sealed class ExtentList
{
    private Extent[] _items = new Extent[4];

    /// <summary>Extents.</summary>
    public int Count { get; private set; }

    /// <summary>The extents.</summary>
    public ReadOnlySpan<Extent> Span => _items.AsSpan(0, Count);

    /// <summary>One extent.</summary>
    public Extent this[int index] => _items[index];

    /// <summary>Appends; a run that continues the last extent makes it longer.</summary>
    public void Add(ulong address, int length)
    {
        if (Count > 0)
        {
            var last = _items[Count - 1];
            if (last.Address + (ulong)last.Length == address && last.Length + length <= Extent.MaximumLength)
            {
                _items[Count - 1] = new Extent(last.Address, last.Length + length);
                return;
            }
        }

        if (Count == _items.Length)
            Array.Resize(ref _items, Math.Min(_items.Length * 4, StoreUnits.BlocksPerObject));
        Invariant.Check(Count < _items.Length);
        _items[Count++] = new Extent(address, length);
    }

    /// <summary>Removes all.</summary>
    public void Clear() => Count = 0;
}
