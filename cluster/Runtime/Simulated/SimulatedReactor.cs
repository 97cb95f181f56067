namespace Uss.Runtime.Simulated;

/// <summary>
/// The simulated twin of a reactor: one process on a <see cref="SimulatedHost"/>, in virtual time. Code that names only
/// <see cref="Reactor"/> runs on it unchanged.
/// </summary>
public sealed class SimulatedReactor : Reactor
{
    private static readonly DateTimeOffset _epoch = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly SeededRandom _entropy;

    internal SimulatedReactor(SimulatedWorld world, string name, SimulatedHost host, int index)
    {
        World = world;
        Name = name;
        Host = host;
        Index = index;
        Random = SeededRandom.Stream(world.Seed, $"reactor {name} {index}");
        _entropy = SeededRandom.Stream(world.Seed, $"entropy {name} {index}");
        Buffers = new BufferPool(isPoisoned: true);
    }

    /// <summary>The world it lives in.</summary>
    public SimulatedWorld World { get; }

    /// <summary>The machine it runs on.</summary>
    public SimulatedHost Host { get; }

    /// <summary>True once it was killed: none of its code runs any more.</summary>
    public bool IsCrashed { get; internal set; }

    /// <summary>True while it is stopped (SIGSTOP): what happens to it waits until it goes on.</summary>
    public bool IsFrozen { get; internal set; }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override long MonotonicNs => World.NowNs + Host.ClockOffsetNs;

    /// <inheritdoc/>
    public override DateTimeOffset UtcNow => _epoch.AddTicks(World.NowNs / 100);

    /// <inheritdoc/>
    public override SeededRandom Random { get; }

    /// <inheritdoc/>
    public override BufferPool Buffers { get; }

    internal int Index { get; }

    internal List<SimulatedEvent> Held { get; } = [];

    /// <inheritdoc/>
    public override void FillEntropy(Span<byte> destination) => _entropy.Fill(destination);

    /// <inheritdoc/>
    public override void Post(Action<object?> callback, object? state) =>
        World.Add(SimulatedWorld.TurnNs, EventKind.Post, this, callback, state);

    /// <inheritdoc/>
    public override ReactorTimer Schedule(long delayNs, Action<object?> callback, object? state)
    {
        CheckIsCurrent();
        return World.Add(Math.Max(delayNs, SimulatedWorld.TurnNs), EventKind.Timer, this, callback, state);
    }

    /// <inheritdoc/>
    public override ValueTask DelayAsync(long delayNs)
    {
        CheckIsCurrent();
        var wait = new SimulatedWait();
        World.Add(Math.Max(delayNs, SimulatedWorld.TurnNs), EventKind.Timer, this, SimulatedWait.CompleteCallback, wait);
        return wait.Task;
    }

    /// <inheritdoc/>
    public override ValueTask YieldAsync()
    {
        CheckIsCurrent();
        var wait = new SimulatedWait();
        World.Add(SimulatedWorld.TurnNs, EventKind.Post, this, SimulatedWait.CompleteCallback, wait);
        return wait.Task;
    }

    /// <inheritdoc/>
    public override ValueTask<Result<IDisk>> OpenDiskAsync(string path, DiskOpenOptions options)
    {
        CheckIsCurrent();
        var wait = new SimulatedWait<Result<IDisk>>();
        World.Add(
            World.Stream("disk").Next(50_000) + SimulatedWorld.TurnNs,
            EventKind.Control,
            this,
            _ => wait.Complete(Open(path, options)),
            null);
        return wait.Task;
    }

    /// <inheritdoc/>
    public override Result<IListener> Listen(Endpoint endpoint, int backlog)
    {
        CheckIsCurrent();
        return World.Network.Listen(this, endpoint, backlog);
    }

    /// <inheritdoc/>
    public override Result<IDatagramSocket> BindDatagram(Endpoint endpoint)
    {
        CheckIsCurrent();
        return World.Network.BindDatagram(this, endpoint);
    }

    /// <inheritdoc/>
    public override ValueTask<Result<IConnection>> ConnectAsync(Endpoint endpoint)
    {
        CheckIsCurrent();
        return World.Network.ConnectAsync(this, endpoint);
    }

    /// <inheritdoc/>
    public override void Spawn(ValueTask task)
    {
        if (task.IsCompletedSuccessfully)
            task.GetAwaiter().GetResult();
        else
            Observe(task);
    }

    internal static void Enter(SimulatedReactor? reactor) => SetCurrent(reactor);

    internal void CheckIsCurrent() => Invariant.Check(IsCurrent);

    private async void Observe(ValueTask task)
    {
        try
        {
            await task;
        }
#pragma warning disable CA1031 // Whatever a spawned task throws is a programming error; the run ends with it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            World.Fail(exception);
        }
    }

    private Result<IDisk> Open(string path, DiskOpenOptions options)
    {
        var disk = World.FindDisk(path);
        if (disk is null)
        {
            if (options.CreateBytes == 0)
            {
                return new Fault(
                    "disk-missing",
                    $"'{path}' does not exist.",
                    "Check the path, or give a size to create a file.");
            }

            disk = World.CreateDisk(path, options.CreateBytes, new SimulatedDiskOptions { IsFile = true });
        }

        return disk.Open(this, options);
    }
}
