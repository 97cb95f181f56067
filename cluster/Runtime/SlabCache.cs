using System.Runtime.InteropServices;

namespace Uss.Runtime;

/// <summary>
/// Memory of poisoned pools, kept per thread for the next one: a simulation starts thousands of processes, and fresh
/// memory costs a page fault every 4 KiB.
/// </summary>
internal sealed unsafe class SlabCache
{
    // More than the processes of one simulated world hold.
    private const long MaximumBytes = 64 << 20;

    [ThreadStatic]
    private static SlabCache? _ofThread;

    private readonly Dictionary<int, Stack<nint>> _free = [];
    private long _bytes;

    /// <summary>Frees what a thread that has ended left.</summary>
    ~SlabCache()
    {
        foreach (var stack in _free.Values)
        {
            while (stack.TryPop(out var memory))
                NativeMemory.AlignedFree((void*)memory);
        }
    }

    /// <summary>Page-aligned memory.</summary>
    /// <param name="sizeBytes">Its size.</param>
    /// <param name="isFresh">True for undefined content; false for memory as it was returned.</param>
    public static byte* Rent(int sizeBytes, out bool isFresh)
    {
        isFresh = false;
        if (_ofThread is not { } cache || !cache._free.TryGetValue(sizeBytes, out var stack) || !stack.TryPop(out var memory))
        {
            isFresh = true;
            return (byte*)NativeMemory.AlignedAlloc((nuint)sizeBytes, BufferPool.MinimumBytes);
        }

        cache._bytes -= sizeBytes;
        return (byte*)memory;
    }

    /// <summary>Keeps memory for the next <see cref="Rent"/> of that size, or frees it.</summary>
    public static void Return(byte* memory, int sizeBytes)
    {
        var cache = _ofThread ??= new SlabCache();
        if (cache._bytes + sizeBytes > MaximumBytes)
        {
            NativeMemory.AlignedFree(memory);
            return;
        }

        cache._bytes += sizeBytes;
        if (!cache._free.TryGetValue(sizeBytes, out var stack))
            cache._free[sizeBytes] = stack = new Stack<nint>();
        stack.Push((nint)memory);
    }
}
