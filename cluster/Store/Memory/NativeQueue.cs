using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.Store;

/// <summary>A growing first-in first-out queue in native memory.</summary>
/// <typeparam name="T">Element type.</typeparam>
internal sealed unsafe class NativeQueue<T> : IDisposable
    where T : unmanaged
{
    private T* _items;
    private int _capacity;
    private int _head;

    /// <summary>Frees memory of a queue that was abandoned with its store (a crash in simulation).</summary>
    ~NativeQueue() => NativeMemory.Free(_items);

    /// <summary>Elements.</summary>
    public int Count { get; private set; }

    /// <summary>Native memory held, in bytes.</summary>
    public long MemoryBytes => (long)_capacity * sizeof(T);

    /// <summary>The element <paramref name="index"/> places behind the oldest.</summary>
    public ref T this[int index]
    {
        get
        {
            Invariant.Check((uint)index < (uint)Count);
            return ref _items[(_head + index) & (_capacity - 1)];
        }
    }

    /// <summary>Appends.</summary>
    public void Enqueue(T item)
    {
        if (Count == _capacity)
            Grow();
        _items[(_head + Count++) & (_capacity - 1)] = item;
    }

    /// <summary>Removes and returns the oldest element.</summary>
    public T Dequeue()
    {
        Invariant.Check(Count > 0);
        var item = _items[_head];
        _head = (_head + 1) & (_capacity - 1);
        Count--;
        return item;
    }

    /// <summary>Removes and returns the newest element.</summary>
    public T Pop()
    {
        Invariant.Check(Count > 0);
        return _items[(_head + --Count) & (_capacity - 1)];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_items);
        _items = null;
        _capacity = 0;
        _head = 0;
        Count = 0;
        GC.SuppressFinalize(this);
    }

    private void Grow()
    {
        var capacity = Math.Max(64, _capacity * 2);
        var items = (T*)NativeMemory.Alloc((nuint)capacity, (nuint)sizeof(T));
        for (var i = 0; i < Count; i++)
            items[i] = _items[(_head + i) & (_capacity - 1)];
        NativeMemory.Free(_items);
        _items = items;
        _capacity = capacity;
        _head = 0;
    }
}
