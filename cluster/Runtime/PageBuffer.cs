namespace Uss.Runtime;

/// <summary>
/// Page-aligned native memory with a reference count; returns to its <see cref="BufferPool"/> when the last reference
/// is released. Owned by one reactor: count and bytes are touched only on its thread. Using it without a reference, or
/// releasing it once too often, stops at an invariant.
/// </summary>
public sealed unsafe class PageBuffer
{
    private readonly BufferPool _pool;
    private readonly byte* _address;
    private int _references;

    internal PageBuffer(BufferPool pool, BufferSlab slab, byte* address, int capacity, int sizeClass)
    {
        _pool = pool;
        _address = address;
        Slab = slab;
        Capacity = capacity;
        SizeClass = sizeClass;
    }

    /// <summary>First byte; a multiple of 4096.</summary>
    public byte* Address
    {
        get
        {
            Invariant.Check(_references > 0);
            return _address;
        }
    }

    /// <summary>Size in bytes.</summary>
    public int Capacity { get; }

    internal BufferSlab Slab { get; }

    internal int SizeClass { get; }

    /// <summary>Counts its rents: a holder that finds another value than at its start outlived its own.</summary>
    internal int Generation { get; private set; }

    internal bool IsRented => _references > 0;

    internal PageBuffer? NextFree { get; set; }

    /// <summary>The whole buffer as a slice.</summary>
    public BufferSlice Slice() => new(this, 0, Capacity);

    /// <summary>A part of the buffer.</summary>
    public BufferSlice Slice(int offset, int length) => new(this, offset, length);

    /// <summary>Takes one more reference.</summary>
    public void AddReference()
    {
        Invariant.Check(_references > 0);
        _references++;
    }

    /// <summary>Drops one reference; the last one returns the buffer to the pool.</summary>
    public void Release()
    {
        Invariant.Check(_references > 0);
        if (--_references > 0)
            return;
        Slab.RentedBuffers--;
        Slab.Poison(_address, Capacity);
        _pool.Return(this);
    }

    internal void MarkRented()
    {
        Invariant.Check(_references == 0);
        _references = 1;
        Generation++;
        NextFree = null;
        Slab.RentedBuffers++;
    }
}
