namespace Uss.Benchmarks.Rig.Nfs;

/// <summary>The table that puts USS beside nfs-ganesha: a row for each case, operations per second and CPU with their ratios and bars.</summary>
internal static class NfsTable
{
    private static readonly string[] Heading =
        ["case", "op/s, USS", "ganesha", "ratio", "bar", "", "CPU us/op, USS", "ganesha", "ratio", "bar", ""];

    /// <summary>The table of the cases that both were measured in.</summary>
    /// <param name="runs">What was measured.</param>
    /// <param name="cases">The rows.</param>
    /// <param name="bars">The bars, on operations per second or CPU.</param>
    public static string Ratios(PairedRuns runs, IEnumerable<FioCase> cases, IReadOnlyList<RatioBar> bars) =>
        Report.Table(Heading, cases.Select(workload => (string[])
        [
            workload.Title,
            .. Columns(runs, RatioBar.Rate(workload.Key, "op/s", 0), bars, 0),
            .. Columns(runs, RatioBar.Cpu(workload.Key, 0), bars, 1),
        ]));

    private static string[] Columns(PairedRuns runs, RatioBar figure, IReadOnlyList<RatioBar> bars, int digits)
    {
        var bar = bars.FirstOrDefault(bar => bar.Case == figure.Case && bar.Figure == figure.Figure);
        var ratio = runs.Ratio(figure);
        return
        [
            Of("USS"), Of("ganesha"), Report.Figure(ratio, 2), bar?.Text ?? "-", bar?.Verdict(ratio) ?? "",
        ];

        string Of(string target) => runs.Median(figure.Case, target) is { } median ? Report.Figure(figure.Of(median), digits) : "-";
    }
}
