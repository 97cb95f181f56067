namespace Uss.WebUi.Contracts;

/// <summary>What is wrong with the service or the whole cluster, as the node sees it that was asked.</summary>
public sealed record HealthView
{
    /// <summary><c>healthy</c>; <c>degraded</c>: all data is served; <c>failed</c>: part of a volume cannot be reached.</summary>
    public required string State { get; init; }

    /// <summary>What may still fail; empty for a node that is alone.</summary>
    public required string Redundancy { get; init; }

    /// <summary>The problems, the worst first.</summary>
    public required IReadOnlyList<HealthProblem> Problems { get; init; }
}

/// <summary>One problem.</summary>
public sealed record HealthProblem
{
    /// <summary>Stable code in kebab-case.</summary>
    public required string Code { get; init; }

    /// <summary><c>degraded</c> or <c>failed</c>: what it makes of the service.</summary>
    public required string Severity { get; init; }

    /// <summary>What is wrong, with the thing's name.</summary>
    public required string What { get; init; }

    /// <summary>What follows from it.</summary>
    public required string Effect { get; init; }

    /// <summary>What to do.</summary>
    public required string Fix { get; init; }

    /// <summary>The command that mends it or shows more; null when no command does.</summary>
    public string? Command { get; init; }
}
