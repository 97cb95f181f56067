using Uss.Runtime.Threaded;

namespace Uss.Runtime.Portable;

/// <summary>
/// The reactor on plain .NET: sockets and files are worked by the thread pool, which posts what it completed to the
/// reactor's thread. Correct everywhere, at several times the cost of io_uring.
/// </summary>
public sealed partial class PortableReactor : ThreadedReactor
{
    // Disk calls block a pool thread each; the pool grows beyond its minimum only slowly.
    private const int PoolThreads = 32;

    private readonly AutoResetEvent _wake = new(initialState: false);
    private int _inFlight;

    private PortableReactor(ReactorOptions options)
        : base(options)
    {
    }

    /// <summary>Makes a reactor that is not yet started.</summary>
    public static PortableReactor Create(ReactorOptions options)
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, PoolThreads), completions);
        return new PortableReactor(options);
    }

    /// <summary>Counts an operation that the pool or a socket now works on.</summary>
    internal void Enter() => _inFlight++;

    /// <summary>Counts its end, on the reactor's thread.</summary>
    internal void Leave() => _inFlight--;

    private protected override void Begin()
    {
    }

    private protected override void Poll(long timeoutNs)
    {
        // Rounded up: a timer never fires early.
        const long millisecondNs = 1_000_000;
        if (timeoutNs < 0)
            _wake.WaitOne();
        else if (timeoutNs > 0)
            _wake.WaitOne((int)Math.Min((timeoutNs + millisecondNs - 1) / millisecondNs, int.MaxValue));
        RefreshTime();
    }

    private protected override void WakeUp() => _wake.Set();

    private protected override void CancelAttempts()
    {
        foreach (var attempt in _attempts)
            attempt.Dispose();
    }

    private protected override bool TryFinish() => _inFlight == 0;

    private protected override void CloseResources()
    {
        // The event is left to its finalizer: a late poster may still set it.
        if (Buffers.RentedBuffers == 0)
            Buffers.Dispose();
    }
}
