namespace Uss.Benchmarks.Rig;

/// <summary>A bar on the ratio of USS to its yardstick.</summary>
/// <param name="Case">The case's key.</param>
/// <param name="Figure">Name for tables.</param>
/// <param name="Limit">What the ratio must not pass.</param>
/// <param name="IsAtMost">Whether the limit is the most; otherwise it is the least.</param>
/// <param name="Of">The figure of a run.</param>
internal sealed record RatioBar(string Case, string Figure, double Limit, bool IsAtMost, Func<FioResult, double> Of)
{
    /// <summary>CPU time of the server for an operation.</summary>
    public static RatioBar Cpu(string name, double most) => new(name, "CPU", most, true, run => run.ServerCpuUs!.Value);

    /// <summary>Operations per second.</summary>
    public static RatioBar Rate(string name, string figure, double least) => new(name, figure, least, false, run => run.PerSecond);

    /// <summary>The limit for a table.</summary>
    public string Text => (IsAtMost ? "<= " : ">= ") + Report.Figure(Limit, 1);

    /// <summary>Whether a ratio keeps to the limit.</summary>
    public bool IsMet(double ratio) => IsAtMost ? ratio <= Limit : ratio >= Limit;

    /// <summary>The word for that in a table; none without a ratio.</summary>
    public string Verdict(double? ratio) => ratio is not { } known ? "" : IsMet(known) ? "met" : "missed";
}
