using System.Runtime.InteropServices;
using Uss.Runtime.Threaded;

namespace Uss.Runtime;

/// <summary>One allocation of native memory, cut into buffers of one size class.</summary>
internal sealed unsafe class BufferSlab
{
    // Small buffers share an allocation of this size, a huge page of x86 and Arm; larger ones have their own.
    private const int SharedBytes = 2 << 20;

    // Simulated processes live briefly: no more memory is filled for one than it is likely to use.
    private const int PoisonedSharedBytes = 64 << 10;

    // Content of memory that nobody rents, in pools that look for use after release.
    private const byte PoisonByte = 0xDB;

    private readonly bool _isPoisoned;
    private byte* _memory;

    internal BufferSlab(BufferPool pool, int sizeClass, bool isPoisoned)
    {
        var capacity = BufferPool.MinimumBytes << sizeClass;
        _isPoisoned = isPoisoned;
        SizeBytes = SizeFor(capacity, isPoisoned);
        if (isPoisoned)
        {
            _memory = SlabCache.Rent(SizeBytes, out var isFresh);
            if (isFresh)
                Poison(_memory, SizeBytes);
        }
        else
        {
            _memory = (byte*)NativeMemory.AlignedAlloc((nuint)SizeBytes, SharedBytes);
            Libc.AdviseHugePages(_memory, SizeBytes);
        }

        PageBuffer? buffers = null;
        for (var offset = SizeBytes - capacity; offset >= 0; offset -= capacity)
            buffers = new PageBuffer(pool, this, _memory + offset, capacity, sizeClass) { NextFree = buffers };
        Buffers = buffers!;
    }

    /// <summary>The new buffers, linked by <see cref="PageBuffer.NextFree"/>.</summary>
    internal PageBuffer Buffers { get; }

    internal int SizeBytes { get; }

    internal int RentedBuffers { get; set; }

    /// <summary>Index in the pool's registry, or <see cref="IBufferRegistry.Unregistered"/>.</summary>
    internal int RegisteredIndex { get; private set; } = IBufferRegistry.Unregistered;

    internal static int SizeFor(int capacity, bool isPoisoned) => Math.Max(capacity, isPoisoned ? PoisonedSharedBytes : SharedBytes);

    /// <summary>Overwrites memory that nobody rents any more, where the pool was asked to.</summary>
    internal void Poison(byte* address, int bytes)
    {
        if (_isPoisoned)
            new Span<byte>(address, bytes).Fill(PoisonByte);
    }

    internal void Register(IBufferRegistry registry) => RegisteredIndex = registry.Register(_memory, SizeBytes);

    internal void Free(IBufferRegistry? registry)
    {
        Invariant.Check(_memory is not null);
        if (RegisteredIndex != IBufferRegistry.Unregistered)
            registry?.Unregister(RegisteredIndex);
        if (_isPoisoned)
        {
            // What was released is poisoned already.
            if (RentedBuffers > 0)
                Poison(_memory, SizeBytes);
            SlabCache.Return(_memory, SizeBytes);
        }
        else
        {
            NativeMemory.AlignedFree(_memory);
        }

        _memory = null;
    }
}
