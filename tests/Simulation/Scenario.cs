using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.Simulation;

/// <summary>
/// A story told to the product from one seed: a safety phase in which things fail, then a healed phase in which
/// everything must converge. One instance runs one seed once.
/// </summary>
public abstract class Scenario : IDisposable
{
    private SimulatedWorld? _world;

    /// <summary>Seed of all chance.</summary>
    protected ulong Seed { get; private set; }

    /// <summary>Operations of clients in the safety phase, over all of them.</summary>
    protected int Ticks { get; private set; }

    /// <summary>The world.</summary>
    protected SimulatedWorld World => _world!;

    /// <summary>The stream of what clients do.</summary>
    protected SeededRandom Workload => World.Stream("workload");

    /// <summary>The stream of when things crash.</summary>
    protected SeededRandom Crashes => World.Stream("crashes");

    /// <summary>Operations that the scenario runs when nothing else is asked for.</summary>
    public abstract int DefaultTicks { get; }

    /// <summary>Operations of one seed when nothing else is asked for: a scenario may make some seeds longer than others.</summary>
    protected virtual int TicksOf(ulong seed) => DefaultTicks;

    /// <summary>Runs the scenario once.</summary>
    /// <exception cref="SimulationException">A promise was broken.</exception>
    public ScenarioReport Run(ulong seed, int ticks = 0, Action<string>? trace = null)
    {
        Seed = seed;
        Ticks = ticks > 0 ? ticks : TicksOf(seed);
        _world = new SimulatedWorld(seed) { Trace = trace };
        Story();
        return new ScenarioReport(World.TraceHash, World.EventsRun, World.NowNs, World.Faults, Milestones);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>What the scenario itself counts: checkpoints interrupted, recoveries repeated and the like.</summary>
    protected Dictionary<string, long> Milestones { get; } = [];

    /// <summary>Tells the story: sets up, breaks, heals and checks.</summary>
    protected abstract void Story();

    /// <summary>Frees the world.</summary>
    protected virtual void Dispose(bool disposing)
    {
        _world?.Dispose();
        _world = null;
    }

    /// <summary>Counts something that the run reached.</summary>
    protected void Reached(string milestone) =>
        Milestones[milestone] = Milestones.GetValueOrDefault(milestone) + 1;

    /// <summary>Stops the run when a promise is broken.</summary>
    protected static void Require(bool condition, string promise)
    {
        if (!condition)
            throw new SimulationException(promise);
    }

    /// <summary>Stops the run when a promise is broken; the words are put together only then.</summary>
    protected static void Require(bool condition, [InterpolatedStringHandlerArgument(nameof(condition))] ref PromiseText promise)
    {
        if (!condition)
            throw new SimulationException(promise.Take());
    }
}

/// <summary>What one run of a scenario came to.</summary>
/// <param name="TraceHash">Hash of everything that happened.</param>
/// <param name="Events">Events run.</param>
/// <param name="VirtualNs">Virtual time that passed, in nanoseconds.</param>
/// <param name="Faults">Faults that happened.</param>
/// <param name="Milestones">What the scenario counted.</param>
public sealed record ScenarioReport(
    ulong TraceHash, long Events, long VirtualNs, FaultCounts Faults, IReadOnlyDictionary<string, long> Milestones);
