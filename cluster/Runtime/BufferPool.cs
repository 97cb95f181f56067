using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Uss.Runtime;

/// <summary>
/// The buffers of one reactor: page-aligned native memory in power-of-two size classes from 4 KiB to 16 MiB. A returned
/// buffer is kept for the next renter of its class; memory never moves and is never handed to the garbage collector.
/// Small buffers are carved from slabs, so that a thousand of them cost a few calls.
/// </summary>
public sealed class BufferPool : IDisposable
{
    /// <summary>Smallest buffer, one page.</summary>
    public const int MinimumBytes = 4096;

    /// <summary>Largest buffer: the largest SCSI transfer that the target offers.</summary>
    public const int MaximumBytes = 16 << 20;

    // 4 KiB << 12 = 16 MiB.
    private const int SizeClasses = 13;

    // The buffer returned last is rented first: its memory is the likeliest to be in the processor's caches.
    private readonly PageBuffer?[] _free = new PageBuffer?[SizeClasses];
    private readonly HashSet<BufferSlab> _slabs = [];
    private readonly bool _isPoisoned;
    private IBufferRegistry? _registry;
    private int _ownerThread;

    /// <summary>Creates an empty pool.</summary>
    /// <param name="isPoisoned">
    /// Overwrites every buffer that is returned, so that its use after release shows (and so that what a renter leaves
    /// unwritten is the same in every run). For simulation and tests.
    /// </param>
    public BufferPool(bool isPoisoned = false) => _isPoisoned = isPoisoned;

    /// <summary>
    /// Most bytes that <see cref="TryRent"/> lets out. Renters who act for a peer use that one, so that no peer exhausts
    /// the machine's memory. No limit unless set.
    /// </summary>
    public long LimitBytes { get; set; } = long.MaxValue;

    /// <summary>Hears of the pool's memory. When it goes away before the pool, it forgets all of it by itself.</summary>
    internal void SetRegistry(IBufferRegistry? registry)
    {
        _registry = registry;
        if (registry is null)
            return;
        foreach (var slab in _slabs)
            slab.Register(registry);
    }

    /// <summary>Buffers rented and not yet returned; 0 after a clean shutdown.</summary>
    public int RentedBuffers { get; private set; }

    /// <summary>Capacity of the rented buffers in bytes.</summary>
    public long RentedBytes { get; private set; }

    /// <summary>Native memory held, rented or free, in bytes.</summary>
    public long ReservedBytes { get; private set; }

    /// <summary>
    /// Rents a buffer of at least <paramref name="sizeBytes"/> with one reference, whatever the limit. Its content is
    /// undefined. For needs that the renter bounds itself.
    /// </summary>
    /// <param name="sizeBytes">1 to <see cref="MaximumBytes"/>; callers bound lengths from the network before they come here.</param>
    public PageBuffer Rent(int sizeBytes)
    {
        CheckThread();
        Invariant.Check(sizeBytes is > 0 and <= MaximumBytes);
        var sizeClass = SizeClassOf(sizeBytes);
        var buffer = _free[sizeClass] ?? Grow(sizeClass);
        _free[sizeClass] = buffer.NextFree;
        buffer.MarkRented();
        RentedBuffers++;
        RentedBytes += buffer.Capacity;
        return buffer;
    }

    /// <summary>As <see cref="Rent"/>, but refuses what would take <see cref="RentedBytes"/> over <see cref="LimitBytes"/>.</summary>
    public bool TryRent(int sizeBytes, [NotNullWhen(true)] out PageBuffer? buffer)
    {
        Invariant.Check(sizeBytes is > 0 and <= MaximumBytes);
        var isWithinLimit = RentedBytes <= LimitBytes - CapacityOf(sizeBytes);
        buffer = isWithinLimit ? Rent(sizeBytes) : null;
        return isWithinLimit;
    }

    /// <summary>The capacity of the buffer that a request for <paramref name="sizeBytes"/> gets, in bytes.</summary>
    public static int CapacityOf(int sizeBytes) => MinimumBytes << SizeClassOf(sizeBytes);

    /// <summary>Gives slabs of which nothing is rented back to the system.</summary>
    public void Trim()
    {
        CheckThread();
        for (var sizeClass = 0; sizeClass < SizeClasses; sizeClass++)
            DropFreeOfIdleSlabs(sizeClass);
        foreach (var slab in _slabs)
        {
            if (slab.RentedBuffers == 0)
            {
                _slabs.Remove(slab);
                ReservedBytes -= slab.SizeBytes;
                slab.Free(_registry);
            }
        }
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
            slab.Free(_registry);
        _slabs.Clear();
        Array.Clear(_free);
        ReservedBytes = 0;
    }

    internal void Return(PageBuffer buffer)
    {
        CheckThread();
        RentedBuffers--;
        RentedBytes -= buffer.Capacity;
        buffer.NextFree = _free[buffer.SizeClass];
        _free[buffer.SizeClass] = buffer;
    }

    /// <summary>From here on only the calling thread may rent and return: whoever comes from another one is caught.</summary>
    internal void BindToThread() => _ownerThread = Environment.CurrentManagedThreadId;

    private static int SizeClassOf(int sizeBytes) =>
        sizeBytes <= MinimumBytes ? 0 : BitOperations.Log2((uint)(sizeBytes - 1) / MinimumBytes) + 1;

    private void CheckThread() => Invariant.Check(_ownerThread == 0 || _ownerThread == Environment.CurrentManagedThreadId);

    private PageBuffer Grow(int sizeClass)
    {
        var slabBytes = BufferSlab.SizeFor(MinimumBytes << sizeClass, _isPoisoned);

        // What other classes keep idle must not add to what the limit allows.
        if (ReservedBytes > LimitBytes - slabBytes)
            Trim();
        var slab = new BufferSlab(this, sizeClass, _isPoisoned);
        _slabs.Add(slab);
        if (_registry is not null)
            slab.Register(_registry);
        ReservedBytes += slab.SizeBytes;
        return slab.Buffers;
    }

    private void DropFreeOfIdleSlabs(int sizeClass)
    {
        PageBuffer? kept = null;
        for (var buffer = _free[sizeClass]; buffer is not null;)
        {
            var next = buffer.NextFree;
            if (buffer.Slab.RentedBuffers > 0)
            {
                buffer.NextFree = kept;
                kept = buffer;
            }

            buffer = next;
        }

        _free[sizeClass] = kept;
    }
}
