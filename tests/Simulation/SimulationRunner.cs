using System.Diagnostics;
using Uss.Runtime.Simulated;

namespace Uss.Simulation;

/// <summary>
/// Runs a range of seeds of one scenario. Every world is confined to one thread, so several threads run several seeds
/// at once without influence on one another.
/// </summary>
public sealed class SimulationRunner(ScenarioEntry scenario)
{
    /// <summary>Operations of clients; 0: the scenario's default.</summary>
    public int Ticks { get; init; }

    /// <summary>Threads; 0: one for each processor.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Runs each seed twice and compares the trace hashes.</summary>
    public bool Twice { get; init; }

    /// <summary>Ends the run after so many failures.</summary>
    public int MostFailures { get; init; } = 5;

    /// <summary>Receives one line for each event; for single seeds.</summary>
    public Action<string>? Trace { get; init; }

    /// <summary>Runs <paramref name="count"/> seeds from <paramref name="first"/>.</summary>
    public SimulationSummary Run(ulong first, int count)
    {
        var summary = new SimulationSummary(scenario.Name);
        var stopwatch = Stopwatch.StartNew();
        var threads = Math.Min(Threads > 0 ? Threads : Environment.ProcessorCount, count);
        var next = -1L;
        if (threads <= 1)
        {
            Work();
        }
        else
        {
            var workers = new Thread[threads];
            for (var i = 0; i < threads; i++)
            {
                workers[i] = new Thread(Work) { Name = $"simulation{i}", IsBackground = true };
                workers[i].Start();
            }

            foreach (var worker in workers)
                worker.Join();
        }

        summary.Elapsed = stopwatch.Elapsed;
        return summary;

        void Work()
        {
            while (summary.Failures.Count < MostFailures)
            {
                var index = Interlocked.Increment(ref next);
                if (index >= count)
                    return;
                summary.Add(first + (ulong)index, RunOne(first + (ulong)index));
            }
        }
    }

    /// <summary>Runs one seed; the exception when it failed.</summary>
    private (ScenarioReport? Report, Exception? Failure) RunOne(ulong seed)
    {
        try
        {
            var report = RunOnce(seed);
            if (Twice && RunOnce(seed).TraceHash != report.TraceHash)
                throw new SimulationException("two runs of one seed differ: something takes chance or time from outside the world");
            return (report, null);
        }
#pragma warning disable CA1031 // Whatever goes wrong in a run is that seed's failure.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return (null, exception);
        }
    }

    private ScenarioReport RunOnce(ulong seed)
    {
        using var run = scenario.Create();
        return run.Run(seed, Ticks, Trace);
    }
}

/// <summary>A seed that failed.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Cause">What went wrong.</param>
public sealed record SeedFailure(ulong Seed, Exception Cause);

/// <summary>What a range of seeds came to.</summary>
/// <param name="scenario">Name of the scenario.</param>
public sealed class SimulationSummary(string scenario)
{
    private readonly Lock _lock = new();
    private readonly List<SeedFailure> _failures = [];
    private readonly SortedDictionary<string, long> _milestones = new(StringComparer.Ordinal);

    /// <summary>Name of the scenario.</summary>
    public string Scenario { get; } = scenario;

    /// <summary>Seeds run.</summary>
    public int Seeds { get; private set; }

    /// <summary>Events run.</summary>
    public long Events { get; private set; }

    /// <summary>Virtual time that passed in all worlds together, in nanoseconds.</summary>
    public long VirtualNs { get; private set; }

    /// <summary>Real time that the run took.</summary>
    public TimeSpan Elapsed { get; internal set; }

    /// <summary>Trace hashes of all seeds, folded together without regard to their order.</summary>
    public ulong TraceHashes { get; private set; }

    /// <summary>Faults that happened in all seeds.</summary>
    public FaultCounts Faults { get; } = new();

    /// <summary>What the scenarios counted.</summary>
    public IReadOnlyDictionary<string, long> Milestones => _milestones;

    /// <summary>Seeds that failed, by seed.</summary>
    public IReadOnlyList<SeedFailure> Failures
    {
        get
        {
            lock (_lock)
                return [.. _failures.OrderBy(failure => failure.Seed)];
        }
    }

    /// <summary>Says what was run and what it reached.</summary>
    public void Write(TextWriter output)
    {
        output.WriteLine(
            $"{Scenario}: {Seeds} seeds, {_failures.Count} failed, {Events} events, "
            + $"{VirtualNs / 1e9:F0} s of virtual time in {Elapsed.TotalSeconds:F1} s");
        foreach (var kind in Enum.GetValues<FaultKind>())
        {
            if (Faults[kind] > 0)
                output.WriteLine($"  {Faults[kind],10} {kind}");
        }

        foreach (var (name, count) in _milestones)
            output.WriteLine($"  {count,10} {name}");
    }

    internal void Add(ulong seed, (ScenarioReport? Report, Exception? Failure) outcome)
    {
        lock (_lock)
        {
            Seeds++;
            if (outcome.Failure is { } failure)
            {
                _failures.Add(new SeedFailure(seed, failure));
                return;
            }

            var report = outcome.Report!;
            Events += report.Events;
            VirtualNs += report.VirtualNs;
            TraceHashes += report.TraceHash;
            Faults.Add(report.Faults);
            foreach (var (name, count) in report.Milestones)
                _milestones[name] = _milestones.GetValueOrDefault(name) + count;
        }
    }
}
