namespace Uss.Simulation;

/// <summary>What <c>uss sim</c> was asked for.</summary>
public sealed record SimulationOptions
{
    /// <summary>Name of the scenario; null runs all of them.</summary>
    public string? Scenario { get; init; }

    /// <summary>First seed.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Seeds to run, one after the other from <see cref="Seed"/>.</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>Operations of clients; 0: the scenario's default.</summary>
    public int Ticks { get; init; }

    /// <summary>Writes every event.</summary>
    public bool Trace { get; init; }

    /// <summary>Threads to use, each with worlds of its own; 0: one for each processor.</summary>
    public int Threads { get; init; }

    /// <summary>Runs each seed twice and compares the trace hashes.</summary>
    public bool Twice { get; init; } = true;

    /// <summary>Commit that is being tested, for the report of a failure.</summary>
    public string Commit { get; init; } = "unknown";
}
