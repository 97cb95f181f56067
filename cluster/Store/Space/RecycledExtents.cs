using System.Runtime.InteropServices;

namespace Uss.Store;

/// <summary>
/// Hints where recently freed blocks lie, newest first. The bitmap alone says what is free: a hint may be stale, and
/// the oldest ones are forgotten when there are too many.
/// </summary>
internal sealed unsafe class RecycledExtents : IDisposable
{
    private readonly Extent* _items;
    private readonly int _capacity;
    private int _top;

    /// <summary>Creates a stack of at most <paramref name="capacity"/> hints, a power of two.</summary>
    public RecycledExtents(int capacity)
    {
        _capacity = capacity;
        _items = (Extent*)NativeMemory.AllocZeroed((nuint)capacity, (nuint)sizeof(Extent));
    }

    /// <summary>Frees memory of hints that were abandoned with their store (a crash in simulation).</summary>
    ~RecycledExtents() => NativeMemory.Free(_items);

    /// <summary>Hints.</summary>
    public int Count { get; private set; }

    /// <summary>Native memory held, in bytes.</summary>
    public long MemoryBytes => (long)_capacity * sizeof(Extent);

    /// <summary>Adds a hint; one that continues the newest makes it longer.</summary>
    public void Push(ulong address, int length)
    {
        if (Count > 0)
        {
            ref var newest = ref _items[(_top - 1) & (_capacity - 1)];
            if (newest.Address + (ulong)newest.Length == address && newest.Length + length <= Extent.MaximumLength)
            {
                newest = new Extent(newest.Address, newest.Length + length);
                return;
            }
        }

        _items[_top] = new Extent(address, length);
        _top = (_top + 1) & (_capacity - 1);
        Count = Math.Min(Count + 1, _capacity);
    }

    /// <summary>Takes the newest hint.</summary>
    public bool TryPop(out Extent extent)
    {
        if (Count == 0)
        {
            extent = default;
            return false;
        }

        _top = (_top - 1) & (_capacity - 1);
        extent = _items[_top];
        Count--;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_items);
        GC.SuppressFinalize(this);
    }
}
