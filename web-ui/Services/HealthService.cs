using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>The status page's problems, with what follows from each and the command that mends it.</summary>
/// <param name="node">The node's state.</param>
public sealed class HealthService(NodeService node)
{
    private const string CommandStart = "`uss ";

    /// <summary>What is wrong.</summary>
    public async Task<Result<HealthView>> GetAsync()
    {
        var status = await node.StatusAsync();
        return status.IsOk ? Of(status.Value) : status.Fault;
    }

    /// <summary>What is wrong according to a status page.</summary>
    public static HealthView Of(StatusView status) => new()
    {
        State = status.State,
        Redundancy = status.Cluster?.Redundancy ?? "",
        Problems = [.. status.Problems.Select(problem => Of(problem, status)).OrderBy(problem => problem.Severity == "failed" ? 0 : 1)],
    };

    private static HealthProblem Of(ProblemItem problem, StatusView status) => new()
    {
        Code = problem.Code,
        Severity = IsFailure(problem.Code) ? "failed" : "degraded",
        What = WhatOf(problem),
        Effect = EffectOf(problem.Code, status),
        Fix = problem.Fix,
        Command = CommandIn(problem.Fix),
    };

    // Where the status page tells the effect in the same breath, the first sentence is what is wrong.
    private static string WhatOf(ProblemItem problem)
    {
        var end = problem.Message.IndexOf(". ", StringComparison.Ordinal);
        var isLong = problem.Code is "node-down" or "node-silent" or "node-refused" or "coordination-away";
        return isLong && end > 0 ? problem.Message[..(end + 1)] : problem.Message;
    }

    // A volume that fails is the failure; the others are its causes, or cost redundancy or room alone.
    private static bool IsFailure(string code) => code is "volume-failed" or "bad-record";

    private static string EffectOf(string code, StatusView status) => code switch
    {
        "volume-failed" => "Reads and writes of that part wait until it is back.",
        "volume-degraded" => "Everything is served; less can still fail.",
        "node-down" or "node-silent" or "node-refused" => status.Cluster is { } cluster ? EffectOf(cluster) : "What it alone holds is not served.",
        "coordination-away" or "records-unavailable" =>
            "What serves goes on; nothing can be changed, and a node or disk that fails now is not replaced.",
        "disk-nearly-full" or "host-nearly-full" => "Writes are refused once there is no room left.",
        "bad-record" => "What the record describes cannot be used.",
        _ when code.StartsWith("disk-", StringComparison.Ordinal) => status.FailedVolumes > 0
            ? "What it alone held is not served."
            : "Everything is served; copies on it are missing.",
        _ => status.State == "failed" ? "Part of a volume cannot be reached." : "Everything is served.",
    };

    private static string EffectOf(ClusterView cluster) => cluster switch
    {
        { UnavailableGroups: > 0 } => $"{cluster.UnavailableGroups} of {cluster.Groups} placement groups do not serve.",
        { DegradedGroups: > 0 } =>
            $"Everything is served, {cluster.DegradedGroups} of {cluster.Groups} placement groups with fewer copies.",
        _ => "Everything is served with all copies.",
    };

    // Of several commands in a remedy the first one.
    private static string? CommandIn(string fix)
    {
        var start = fix.IndexOf(CommandStart, StringComparison.Ordinal);
        var end = start < 0 ? -1 : fix.IndexOf('`', start + 1);
        return end < 0 ? null : fix[(start + 1)..end];
    }
}
