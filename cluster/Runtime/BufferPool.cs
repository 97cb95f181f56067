using System.Numerics;
using System.Runtime.InteropServices;

namespace Uss.Runtime;

/// <summary>
/// The buffers of one reactor: page-aligned native memory in power-of-two size classes from 4 KiB to 16 MiB. A returned
/// buffer is kept for the next renter of its class; memory never moves and is never handed to the garbage collector.
/// </summary>
public sealed unsafe class BufferPool : IDisposable
{
    /// <summary>Smallest buffer, one page.</summary>
    public const int MinimumBytes = 4096;

    /// <summary>Largest buffer: the largest SCSI transfer that the target offers.</summary>
    public const int MaximumBytes = 16 << 20;

    // 4 KiB << 12 = 16 MiB.
    private const int SizeClasses = 13;

    // Small buffers are carved from one allocation of this size, so that a thousand of them cost a few calls.
    private const int SlabBytes = 1 << 20;

    // Simulated processes live briefly: no more memory is filled for one than it is likely to use.
    private const int PoisonedSlabBytes = 64 << 10;

    // Content of memory that nobody rents, in pools that look for use after release.
    private const byte Poison = 0xDB;

    private readonly PageBuffer?[] _free = new PageBuffer?[SizeClasses];
    private readonly List<nint> _slabs = [];
    private readonly bool _isPoisoned;

    /// <summary>Creates an empty pool.</summary>
    /// <param name="isPoisoned">
    /// Overwrites every buffer that is returned, so that its use after release shows (and so that what a renter leaves
    /// unwritten is the same in every run). For simulation and tests.
    /// </param>
    public BufferPool(bool isPoisoned = false) => _isPoisoned = isPoisoned;

    /// <summary>Buffers rented and not yet returned; 0 after a clean shutdown.</summary>
    public int RentedBuffers { get; private set; }

    /// <summary>Capacity of the rented buffers in bytes.</summary>
    public long RentedBytes { get; private set; }

    /// <summary>Native memory held, rented or free, in bytes.</summary>
    public long ReservedBytes { get; private set; }

    /// <summary>Rents a buffer of at least <paramref name="sizeBytes"/> with one reference. Its content is undefined.</summary>
    /// <param name="sizeBytes">1 to <see cref="MaximumBytes"/>; callers bound lengths from the network before they come here.</param>
    public PageBuffer Rent(int sizeBytes)
    {
        Invariant.Check(sizeBytes is > 0 and <= MaximumBytes);
        var sizeClass = SizeClassOf(sizeBytes);
        if (_free[sizeClass] is null)
            Grow(sizeClass);
        var buffer = _free[sizeClass]!;
        _free[sizeClass] = buffer.NextFree;
        buffer.NextFree = null;
        buffer.MarkRented();
        RentedBuffers++;
        RentedBytes += buffer.Capacity;
        return buffer;
    }

    /// <summary>Frees all memory. Every buffer must have been returned.</summary>
    public void Dispose()
    {
        Invariant.Check(RentedBuffers == 0);
        Abandon();
    }

    /// <summary>Frees all memory although buffers may be rented: their renters never run again.</summary>
    internal void Abandon()
    {
        foreach (var slab in _slabs)
            NativeMemory.AlignedFree((void*)slab);
        _slabs.Clear();
        Array.Clear(_free);
        ReservedBytes = 0;
    }

    internal void Return(PageBuffer buffer)
    {
        RentedBuffers--;
        RentedBytes -= buffer.Capacity;
        if (_isPoisoned)
            new Span<byte>(buffer.Address, buffer.Capacity).Fill(Poison);
        buffer.NextFree = _free[buffer.SizeClass];
        _free[buffer.SizeClass] = buffer;
    }

    private static int SizeClassOf(int sizeBytes) =>
        sizeBytes <= MinimumBytes ? 0 : BitOperations.Log2((uint)(sizeBytes - 1) / MinimumBytes) + 1;

    private void Grow(int sizeClass)
    {
        var capacity = MinimumBytes << sizeClass;
        var slabBytes = Math.Max(capacity, _isPoisoned ? PoisonedSlabBytes : SlabBytes);
        var slab = (byte*)NativeMemory.AlignedAlloc((nuint)slabBytes, MinimumBytes);
        if (_isPoisoned)
            new Span<byte>(slab, slabBytes).Fill(Poison);
        _slabs.Add((nint)slab);
        ReservedBytes += slabBytes;
        for (var offset = slabBytes - capacity; offset >= 0; offset -= capacity)
            _free[sizeClass] = new PageBuffer(this, slab + offset, capacity, sizeClass) { NextFree = _free[sizeClass] };
    }
}
