using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.Store;

/// <summary>A growing list in native memory, invisible to the garbage collector.</summary>
/// <typeparam name="T">Element type.</typeparam>
internal sealed unsafe class NativeList<T> : IDisposable
    where T : unmanaged
{
    private T* _items;
    private int _capacity;

    /// <summary>Frees memory of a list that was abandoned with its store (a crash in simulation).</summary>
    ~NativeList() => NativeMemory.Free(_items);

    /// <summary>Elements.</summary>
    public int Count { get; private set; }

    /// <summary>Native memory held, in bytes.</summary>
    public long MemoryBytes => (long)_capacity * sizeof(T);

    /// <summary>All elements. Valid until the next change.</summary>
    public Span<T> Span => new(_items, Count);

    /// <summary>An element.</summary>
    public ref T this[int index]
    {
        get
        {
            Invariant.Check((uint)index < (uint)Count);
            return ref _items[index];
        }
    }

    /// <summary>Appends.</summary>
    public void Add(T item)
    {
        if (Count == _capacity)
            Reserve(Math.Max(16, _capacity * 2));
        _items[Count++] = item;
    }

    /// <summary>Removes and returns the last element.</summary>
    public T Pop()
    {
        Invariant.Check(Count > 0);
        return _items[--Count];
    }

    /// <summary>Removes all elements; keeps the memory.</summary>
    public void Clear() => Count = 0;

    /// <summary>Appends bytes or elements in one go.</summary>
    /// <returns>Index of the first.</returns>
    public int AddRange(ReadOnlySpan<T> items)
    {
        if (Count + items.Length > _capacity)
            Reserve(Math.Max(Count + items.Length, _capacity * 2));
        items.CopyTo(new Span<T>(_items + Count, items.Length));
        Count += items.Length;
        return Count - items.Length;
    }

    /// <summary>Makes the list exactly so long; new elements are zero.</summary>
    public void Resize(int count)
    {
        if (count > _capacity)
            Reserve(count);
        if (count > Count)
            new Span<T>(_items + Count, count - Count).Clear();
        Count = count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_items);
        _items = null;
        _capacity = 0;
        Count = 0;
        GC.SuppressFinalize(this);
    }

    private void Reserve(int capacity)
    {
        _items = (T*)NativeMemory.Realloc(_items, (nuint)capacity * (nuint)sizeof(T));
        _capacity = capacity;
    }
}
