namespace Uss.WebUi.Contracts;

/// <summary>What <c>uss sim -o json</c> prints.</summary>
public sealed record SimulationView
{
    /// <summary>The scenario; null: all of them.</summary>
    public required string? Scenario { get; init; }

    /// <summary>First seed.</summary>
    public required ulong FirstSeed { get; init; }

    /// <summary>Seeds of each scenario.</summary>
    public required int Seeds { get; init; }

    /// <summary>No seed failed.</summary>
    public required bool Passed { get; init; }

    /// <summary>The report as people read it, by line; a failure names its seed and how to run it again.</summary>
    public required IReadOnlyList<string> Report { get; init; }
}
