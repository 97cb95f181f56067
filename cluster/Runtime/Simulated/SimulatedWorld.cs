using System.Runtime.ExceptionServices;

namespace Uss.Runtime.Simulated;

/// <summary>
/// Everything of a simulated cluster: virtual time, one queue of events, hosts, reactors, disks and the network. It
/// runs on the calling thread, and the same seed gives the same run down to <see cref="TraceHash"/>.
/// </summary>
public sealed partial class SimulatedWorld : IDisposable
{
    /// <summary>Virtual time that one turn of a reactor's loop takes, so that code which spins moves the clock.</summary>
    internal const long TurnNs = 500;

    private readonly EventQueue _events = new();
    private readonly Dictionary<string, SeededRandom> _streams = [];
    private readonly Dictionary<string, SimulatedDisk> _disks = [];
    private readonly Dictionary<string, SimulatedHost> _hosts = [];
    private readonly List<SimulatedReactor> _reactors = [];
    private ExceptionDispatchInfo? _failure;
    private TraceHash _trace;

    /// <summary>Creates a world in which all chance derives from <paramref name="seed"/>.</summary>
    public SimulatedWorld(ulong seed)
    {
        Seed = seed;
        Network = new SimulatedNetwork(this);
    }

    /// <summary>The root seed.</summary>
    public ulong Seed { get; }

    /// <summary>Virtual time since the world began, in nanoseconds.</summary>
    public long NowNs { get; private set; }

    /// <summary>Events run so far.</summary>
    public long EventsRun { get; private set; }

    /// <summary>Hash of everything that happened so far; equal for equal seeds.</summary>
    public ulong TraceHash => _trace.Value;

    /// <summary>The network between the hosts.</summary>
    public SimulatedNetwork Network { get; }

    /// <summary>Faults that happened so far.</summary>
    public FaultCounts Faults { get; } = new();

    /// <summary>Receives one line for each thing that happens; null (the default) writes nothing.</summary>
    public Action<string>? Trace { get; set; }

    /// <summary>The named stream of randomness: one a purpose, so that one purpose's use does not shift another's.</summary>
    public SeededRandom Stream(string name)
    {
        if (!_streams.TryGetValue(name, out var stream))
            _streams[name] = stream = SeededRandom.Stream(Seed, name);
        return stream;
    }

    /// <summary>Starts a process with one reactor. A crashed one is started again under its name.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="host">The machine it runs on; created when new. Null: a machine of the reactor's name.</param>
    public SimulatedReactor CreateReactor(string name, string? host = null)
    {
        var reactor = new SimulatedReactor(this, name, HostOf(host ?? name), _reactors.Count);
        reactor.Host.IsPowered = true;
        _reactors.Add(reactor);
        return reactor;
    }

    /// <summary>Puts a disk under <paramref name="path"/>, where <see cref="Reactor.OpenDiskAsync"/> of any reactor finds it.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="sizeBytes">Size in bytes, a multiple of 4096. It reads as zeros.</param>
    /// <param name="options">How it behaves; null: a device with a volatile cache and 512-byte sectors.</param>
    public SimulatedDisk CreateDisk(string path, long sizeBytes, SimulatedDiskOptions? options = null)
    {
        Invariant.Check(sizeBytes > 0 && sizeBytes % SparsePage.Bytes == 0);
        Invariant.Check(!_disks.ContainsKey(path));
        var disk = new SimulatedDisk(this, path, sizeBytes, options ?? new SimulatedDiskOptions());
        _disks.Add(path, disk);
        return disk;
    }

    /// <summary>Runs events until <paramref name="condition"/> holds, asked before every event.</summary>
    /// <param name="condition">What to wait for.</param>
    /// <param name="maxVirtualNs">Most virtual time that may pass, in nanoseconds.</param>
    /// <returns>False when nothing was left to happen, or the time was over, before it held.</returns>
    public bool RunUntil(Func<bool> condition, long maxVirtualNs)
    {
        var deadlineNs = NowNs + maxVirtualNs;
        while (!condition())
        {
            if (!_events.TryPeek(out var timeNs) || timeNs > deadlineNs)
                return false;
            Step();
        }

        return true;
    }

    /// <summary>Runs the next <paramref name="events"/> events, fewer when the time is over or nothing is left to happen.</summary>
    public void RunUntilEvents(long events, long maxVirtualNs)
    {
        var lastEvent = EventsRun + events;
        RunUntil(() => EventsRun >= lastEvent, maxVirtualNs);
    }

    /// <summary>Runs all events of the next <paramref name="virtualNs"/> nanoseconds and moves the clock there.</summary>
    public void RunFor(long virtualNs)
    {
        var untilNs = NowNs + virtualNs;
        while (_events.TryPeek(out var timeNs) && timeNs <= untilNs)
            Step();
        NowNs = untilNs;
    }

    /// <summary>Runs the next event; false when there is none.</summary>
    public bool Step()
    {
        if (!_events.TryPeek(out var timeNs))
            return false;
        var item = _events.Take();
        NowNs = timeNs;
        if (item.IsCancelled || item.Owner is { IsCrashed: true })
            return true;
        if (item.Owner is { IsFrozen: true } frozen)
        {
            frozen.Held.Add(item);
            return true;
        }

        EventsRun++;
        _trace.Add(timeNs);
        _trace.Add(((long)item.Kind << 32) | (uint)(item.Owner?.Index ?? -1));
        SimulatedReactor.Enter(item.Owner);

        // A test runner's context would take continuations to other threads.
        var context = SynchronizationContext.Current;
        if (context is not null)
            SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            item.Callback(item.State);
        }
        finally
        {
            SimulatedReactor.Enter(null);
            if (context is not null)
                SynchronizationContext.SetSynchronizationContext(context);
        }

        _failure?.Throw();
        return true;
    }

    /// <summary>Runs <paramref name="work"/> on <paramref name="reactor"/> to its end. For tests and drivers.</summary>
    /// <exception cref="InvariantException">
    /// It did not end within <paramref name="maxVirtualNs"/>, or nothing was left to happen.
    /// </exception>
    public T Run<T>(SimulatedReactor reactor, Func<ValueTask<T>> work, long maxVirtualNs = 3600_000_000_000)
    {
        var run = Start(reactor, work);
        if (!RunUntil(() => run.IsDone, maxVirtualNs))
            throw new InvariantException($"work on {reactor.Name} did not end; {_events.Count} events are left at {NowNs} ns");
        return run.Result!;
    }

    /// <summary>As <see cref="Run{T}"/>, for work without a result.</summary>
    public void Run(SimulatedReactor reactor, Func<ValueTask> work, long maxVirtualNs = 3600_000_000_000) =>
        Run(
            reactor,
            async () =>
            {
                await work();
                return true;
            },
            maxVirtualNs);

    /// <summary>Starts <paramref name="work"/> on <paramref name="reactor"/>; it makes progress while the world runs.</summary>
    public SimulatedRun<T> Start<T>(SimulatedReactor reactor, Func<ValueTask<T>> work)
    {
        var run = new SimulatedRun<T>();
        reactor.Post(_ => reactor.Spawn(run.RunAsync(work)), null);
        return run;
    }

    /// <summary>Frees the memory of all reactors. Buffers still rented are gone with it.</summary>
    public void Dispose()
    {
        foreach (var reactor in _reactors)
            reactor.Buffers.Abandon();
        foreach (var disk in _disks.Values)
            disk.ReleasePages();
    }

    internal SimulatedEvent Add(long delayNs, EventKind kind, SimulatedReactor? owner, Action<object?> callback, object? state)
    {
        Invariant.Check(delayNs >= 0);
        var item = new SimulatedEvent(kind, owner, callback, state);
        _events.Add(NowNs + delayNs, item);
        return item;
    }

    /// <summary>Folds something that happened into the trace hash.</summary>
    internal void Fold(long a, long b)
    {
        _trace.Add(a);
        _trace.Add(b);
    }

    /// <summary>Folds bytes that moved into the trace hash.</summary>
    internal void Fold(ReadOnlySpan<byte> bytes) => _trace.Add(bytes);

    internal void Count(FaultKind kind)
    {
        Faults.Add(kind);
        _trace.Add((long)kind);
    }

    internal void Fail(Exception exception) => _failure ??= ExceptionDispatchInfo.Capture(exception);

    internal SimulatedDisk? FindDisk(string path) => _disks.GetValueOrDefault(path);

    internal SimulatedHost? HostAt(System.Net.IPAddress address)
    {
        foreach (var host in _hosts.Values)
        {
            if (host.Address.Equals(address))
                return host;
        }

        return null;
    }

    internal SimulatedHost HostOf(string name)
    {
        if (!_hosts.TryGetValue(name, out var host))
            _hosts[name] = host = new SimulatedHost(name, _hosts.Count + 1);
        return host;
    }
}
