namespace Uss.Runtime.Simulated;

/// <summary>Page-sized arrays kept per thread for the next world, so that thousands of short worlds cost no garbage.</summary>
internal static class PagePool
{
    // 64 MiB a thread.
    private const int MaximumPages = 16384;

    [ThreadStatic]
    private static Stack<byte[]>? _free;

    /// <summary>A page with undefined content.</summary>
    public static byte[] Rent() => _free is { Count: > 0 } free ? free.Pop() : new byte[SparsePage.Bytes];

    public static void Return(byte[]? page)
    {
        if (page is null)
            return;
        _free ??= new Stack<byte[]>();
        if (_free.Count < MaximumPages)
            _free.Push(page);
    }
}
