using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Uss.Runtime.Threaded;

/// <summary>
/// What the two real reactors share: a thread with a loop, mailbox, timers, buffers and randomness. A turn of the loop
/// is: take what the kernel completed, fire due timers, run posted callbacks, then wait (or only look, when there is
/// work left) for more.
/// </summary>
public abstract partial class ThreadedReactor : Reactor
{
    private readonly ReactorOptions _options;
    private readonly Thread _thread;
    private readonly TimerQueue _timers = new();
    private readonly Stack<DelayTimer> _delays = new();
    private readonly Stack<SpawnedTask> _spawned = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _nowNs = Clock();
    private int _state;

    private protected ThreadedReactor(ReactorOptions options)
    {
        _options = options;
        Random = new SeededRandom(options.Seed ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)));
        _thread = new Thread(Main) { Name = options.Name, IsBackground = true };
    }

    /// <inheritdoc/>
    public override string Name => _options.Name;

    /// <inheritdoc/>
    public override long MonotonicNs => _nowNs;

    /// <inheritdoc/>
    public override DateTimeOffset UtcNow => DateTimeOffset.UtcNow;

    /// <inheritdoc/>
    public override SeededRandom Random { get; }

    /// <inheritdoc/>
    public override BufferPool Buffers { get; } = new();

    /// <summary>Completes when the loop has ended; never before <see cref="StopAsync"/> was called.</summary>
    public Task Stopped => _stopped.Task;

    /// <summary>Turns of the loop so far; reactor thread only.</summary>
    public long Turns { get; private set; }

    /// <summary>True once <see cref="StopAsync"/> was called: operations that start from then on fail with ECANCELED.</summary>
    private protected bool IsStopping => Volatile.Read(ref _state) == (int)State.Stopping;

    private protected ReactorOptions Options => _options;

    /// <inheritdoc/>
    public override void FillEntropy(Span<byte> destination) => RandomNumberGenerator.Fill(destination);

    /// <summary>Starts the thread. Callbacks posted before run first.</summary>
    public void Start()
    {
        Invariant.Check(Interlocked.CompareExchange(ref _state, (int)State.Running, (int)State.Created) == (int)State.Created);
        _thread.Start();
    }

    /// <summary>
    /// Ends the loop: whatever is under way is cancelled (its awaiters see ECANCELED), connections, listeners and disks
    /// left open are closed, then the thread ends. Callable from any thread, any number of times. The task must not be
    /// waited for on the reactor's own thread.
    /// </summary>
    public Task StopAsync()
    {
        if (Interlocked.CompareExchange(ref _state, (int)State.Stopping, (int)State.Created) == (int)State.Created)
        {
            CloseResources();
            _stopped.TrySetResult();
        }
        else if (Interlocked.CompareExchange(ref _state, (int)State.Stopping, (int)State.Running) == (int)State.Running)
        {
            WakeUp();
        }

        return _stopped.Task;
    }

    /// <inheritdoc/>
    public override ReactorTimer Schedule(long delayNs, Action<object?> callback, object? state)
    {
        Invariant.Check(IsCurrent);
        var timer = new CallbackTimer(this, callback, state);
        _timers.Add(timer, Deadline(delayNs));
        return timer;
    }

    /// <inheritdoc/>
    public override ValueTask DelayAsync(long delayNs)
    {
        Invariant.Check(IsCurrent);
        var delay = RentDelay();
        _timers.Add(delay, Deadline(delayNs));
        return delay.Task;
    }

    /// <inheritdoc/>
    public override ValueTask YieldAsync()
    {
        Invariant.Check(IsCurrent);
        var delay = RentDelay();
        _ready.Enqueue(new Mail(DelayTimer.FireCallback, delay));
        return delay.Task;
    }

    /// <inheritdoc/>
    public override void Spawn(ValueTask task)
    {
        Invariant.Check(IsCurrent);
        var awaiter = task.GetAwaiter();
        if (awaiter.IsCompleted)
        {
            Collect(awaiter);
            return;
        }

        if (!_spawned.TryPop(out var watcher))
            watcher = new SpawnedTask(this, _spawned);
        watcher.Watch(task);
    }

    internal void Run(Action<object?> callback, object? state)
    {
        try
        {
            callback(state);
        }
        catch (Exception exception)
        {
            ReportUnhandled(exception);
        }
    }

    internal void Collect(ValueTaskAwaiter awaiter)
    {
        try
        {
            awaiter.GetResult();
        }
        catch (Exception exception)
        {
            ReportUnhandled(exception);
        }
    }

    /// <summary>Hands an exception that nothing handled to the options' observer, or ends the process.</summary>
    internal void ReportUnhandled(Exception exception)
    {
        if (_options.OnUnhandledException is { } observer)
            observer(exception);
        else
            Environment.FailFast($"{Name}: unhandled exception: {exception}", exception);
    }

    private protected static long Clock() => Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency);

    /// <summary>Called first on the reactor's thread.</summary>
    private protected abstract void Begin();

    /// <summary>
    /// Hands new operations to the kernel, waits at most <paramref name="timeoutNs"/> (0: not at all; -1: until
    /// something happens), then sets the time by <see cref="RefreshTime"/> and runs what was completed.
    /// </summary>
    private protected abstract void Poll(long timeoutNs);

    /// <summary>Makes a <see cref="Poll"/> that waits return; callable from any thread.</summary>
    private protected abstract void WakeUp();

    /// <summary>Cancels what is under way for nobody yet: attempts to connect. Called once, before the resources are stopped.</summary>
    private protected abstract void CancelAttempts();

    /// <summary>True when the kernel has nothing left of this reactor's. Called once a turn while stopping.</summary>
    private protected abstract bool TryFinish();

    /// <summary>Frees the kernel's objects; called last.</summary>
    private protected abstract void CloseResources();

    private protected void RefreshTime() => _nowNs = Clock();

    private long Deadline(long delayNs) =>
        delayNs <= 0 ? _nowNs : delayNs > long.MaxValue - _nowNs ? long.MaxValue : _nowNs + delayNs;

    private DelayTimer RentDelay() => _delays.TryPop(out var delay) ? delay : new DelayTimer(_delays);

    private void Main()
    {
        SetCurrent(this);
        SynchronizationContext.SetSynchronizationContext(new ReactorContext(this));
        try
        {
            if (_options.Processor >= 0)
                Libc.PinThread(_options.Processor);
            Buffers.BindToThread();
            Begin();
            while (!IsStopping)
                Turn(MaximumWaitNs());
            CancelAttempts();
            StopResources();
            while (!HasFinished())
                Turn(_ready.Count > 0 ? 0 : StopPollNs);
            CloseResources();
        }
        catch (Exception exception)
        {
            ReportUnhandled(exception);
        }
        finally
        {
            SetCurrent(null);
            _stopped.TrySetResult();
        }
    }

    private void Turn(long waitNs)
    {
        Turns++;
        if (waitNs != 0 && !TryFallAsleep())
            waitNs = 0;
        Poll(waitNs);
        StayAwake();
        _timers.FireDue(_nowNs);
        RunReady();
        RunMail();
        RunEndOfTurn();
    }

    // 0 while there is work, -1 without timers, otherwise the time to the next one.
    private long MaximumWaitNs()
    {
        if (_ready.Count > 0 || _endOfTurn.Count > 0)
            return 0;
        var next = _timers.NextDeadlineNs;
        return next == long.MaxValue ? -1 : Math.Max(0, next - Clock());
    }
}
