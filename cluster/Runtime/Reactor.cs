namespace Uss.Runtime;

/// <summary>
/// One event loop on one thread. It owns its connections, disks, buffers and timers; nothing that it owns is touched
/// by another thread, so code on a reactor needs no locks. Code on it is straight-line <c>async</c>/<c>await</c> whose
/// continuations run inline on the same reactor.
/// </summary>
/// <remarks>
/// Three implementations share this API: io_uring, portable (plain .NET) and simulated (virtual time, seeded, with
/// faults). Code that names only this API runs unchanged under all three.
/// </remarks>
public abstract class Reactor
{
    [ThreadStatic]
    private static Reactor? _current;

    /// <summary>The reactor whose loop runs on this thread (under simulation: whose event is being run).</summary>
    /// <exception cref="InvariantException">The thread is not a reactor's.</exception>
    public static Reactor Current => _current ?? throw new InvariantException("this thread runs no reactor");

    /// <summary>True on the thread of this reactor.</summary>
    public bool IsCurrent => ReferenceEquals(_current, this);

    /// <summary>Name for logs and thread lists, for example <c>reactor0</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Monotonic time in nanoseconds; the same value during one turn of the loop.</summary>
    public abstract long MonotonicNs { get; }

    /// <summary>Wall-clock time, for records that people read; never for ordering.</summary>
    public abstract DateTimeOffset UtcNow { get; }

    /// <summary>Seeded randomness for everything but secrets.</summary>
    public abstract SeededRandom Random { get; }

    /// <summary>The page-aligned buffers of this reactor.</summary>
    public abstract BufferPool Buffers { get; }

    /// <summary>Fills with bytes fit for secrets (challenges, keys); seeded under simulation.</summary>
    public abstract void FillEntropy(Span<byte> destination);

    /// <summary>64 bits of <see cref="FillEntropy"/>, never all zero: a number that nobody else has.</summary>
    public ulong NewNumber()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        do
            FillEntropy(bytes);
        while (BitConverter.ToUInt64(bytes) == 0);
        return BitConverter.ToUInt64(bytes);
    }

    /// <summary>Runs <paramref name="callback"/> on this reactor in one of its next turns. Callable from any thread.</summary>
    public abstract void Post(Action<object?> callback, object? state);

    /// <summary>
    /// Runs <paramref name="callback"/> once the events of this turn have been handled, before the loop hands its new
    /// operations to the kernel: so whatever many events of one turn produced leaves as one operation. An
    /// implementation that cannot do so runs it in the next turn. Reactor thread only.
    /// </summary>
    public virtual void AtEndOfTurn(Action<object?> callback, object? state) => Post(callback, state);

    /// <summary>Runs <paramref name="callback"/> once <paramref name="delayNs"/> nanoseconds have passed. Reactor thread only.</summary>
    public abstract ReactorTimer Schedule(long delayNs, Action<object?> callback, object? state);

    /// <summary>Completes after <paramref name="delayNs"/> nanoseconds. Reactor thread only.</summary>
    public abstract ValueTask DelayAsync(long delayNs);

    /// <summary>Completes in the next turn of the loop: lets waiting I/O run between slices of long work.</summary>
    public abstract ValueTask YieldAsync();

    /// <summary>Opens a disk (file or block device) for direct I/O and locks it against other processes.</summary>
    public abstract ValueTask<Result<IDisk>> OpenDiskAsync(string path, DiskOpenOptions options);

    /// <summary>Listens for TCP connections on the endpoint (port 0: any free one).</summary>
    public abstract Result<IListener> Listen(Endpoint endpoint, int backlog);

    /// <summary>
    /// Binds a UDP socket to the endpoint (port 0: any free one). Bound to one address, what it sends comes from that address; bound to all,
    /// the kernel chooses by the route.
    /// </summary>
    public abstract Result<IDatagramSocket> BindDatagram(Endpoint endpoint);

    /// <summary>Opens a TCP connection. Where nobody answers, the kernel gives up after about two minutes.</summary>
    public abstract ValueTask<Result<IConnection>> ConnectAsync(Endpoint endpoint);

    /// <summary>Opens a TCP connection, or gives up after <paramref name="timeoutNs"/> nanoseconds.</summary>
    /// <returns>The connection, or a fault; <c>connection-timeout</c> when the time is over.</returns>
    public async ValueTask<Result<IConnection>> ConnectAsync(Endpoint endpoint, long timeoutNs)
    {
        var outcome = new TaskCompletionSource<Result<IConnection>>();
        var timeout = new Fault(
            "connection-timeout", $"{endpoint} did not answer.", "Check the network and the firewalls between here and there.");
        var timer = Schedule(
            timeoutNs,
            static state =>
            {
                var (outcome, timeout) = ((TaskCompletionSource<Result<IConnection>>, Fault))state!;
                outcome.TrySetResult(timeout);
            },
            (outcome, timeout));
        Spawn(AttemptAsync(endpoint, outcome));
        var result = await outcome.Task;
        timer.Cancel();
        return result;
    }

    /// <summary>
    /// Starts <paramref name="task"/> without awaiting it. An exception from it is a programming error and ends the
    /// process with a report; operating errors are values and never arrive here.
    /// </summary>
    public abstract void Spawn(ValueTask task);

    /// <summary>Runs <paramref name="work"/> on this reactor and completes on the thread pool. Callable from any other thread.</summary>
    public Task<T> InvokeAsync<T>(Func<ValueTask<T>> work)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(
            static state =>
            {
                var (work, completion) = ((Func<ValueTask<T>>, TaskCompletionSource<T>))state!;
                Current.Spawn(RunAsync(work, completion));
            },
            (work, completion));
        return completion.Task;

        static async ValueTask RunAsync(Func<ValueTask<T>> work, TaskCompletionSource<T> completion)
        {
            try
            {
                completion.SetResult(await work());
            }
            catch (Exception exception) when (exception is not InvariantException)
            {
                completion.SetException(exception);
            }
        }
    }

    // Goes on in the background when nobody waits for it any more; a connection that comes too late is closed.
    private async ValueTask AttemptAsync(Endpoint endpoint, TaskCompletionSource<Result<IConnection>> outcome)
    {
        var result = await ConnectAsync(endpoint);
        if (!outcome.TrySetResult(result) && result.IsOk)
            await result.Value.CloseAsync();
    }

    /// <summary>Marks the calling thread as this reactor's (or as nobody's). For implementations.</summary>
    protected static void SetCurrent(Reactor? reactor) => _current = reactor;
}
