using System.Globalization;

namespace Uss.Benchmarks.Rig;

/// <summary>The runs of USS and of its yardstick, which take turns within each case.</summary>
/// <param name="yardstick">The target that ratios are to.</param>
/// <param name="cases">All cases, in the order of tables.</param>
internal sealed class PairedRuns(string yardstick, IReadOnlyList<FioCase> cases)
{
    private static readonly string[] Heading =
    [
        "case", "target", "op/s", "MB/s", "p50 us", "p99 us", "p99.9 us", "server CPU us/io", "of it kernel", "lowest run",
        "client CPU us/io", "flushes/io", "steal",
    ];

    private readonly Dictionary<(string Case, string Target), List<FioResult>> _runs = [];

    /// <summary>Takes note of a run and prints it.</summary>
    public void Add(FioCase workload, string target, FioResult result)
    {
        if (!_runs.TryGetValue((workload.Key, target), out var runs))
            _runs[(workload.Key, target)] = runs = [];
        runs.Add(result);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{workload.Key,-12} {target,-8} {result.PerSecond,8:F0} op/s  p50 {result.MedianUs,8:F1} us  p99 {result.P99Us,8:F1} us  " +
            $"server {result.ServerCpuUs,7:F2} us/io  steal {result.Steal:P0}"));
    }

    /// <summary>The medians of a case; null when it was not run.</summary>
    public FioResult? Median(string name, string target) => _runs.TryGetValue((name, target), out var runs) ? FioResult.Median(runs) : null;

    /// <summary>The ratio that a bar is on; null when one of the two was not run.</summary>
    public double? Ratio(RatioBar bar, string target = "USS") =>
        Median(bar.Case, target) is { } measured && Median(bar.Case, yardstick) is { } other ? bar.Of(measured) / bar.Of(other) : null;

    /// <summary>Whether a bar is missed.</summary>
    public bool IsMissed(IEnumerable<RatioBar> bars) => bars.Any(bar => Ratio(bar) is { } ratio && !bar.IsMet(ratio));

    /// <summary>The title of a case.</summary>
    public string TitleOf(string name) => cases.First(workload => workload.Key == name).Title;

    /// <summary>A row for each case and target.</summary>
    public string Table() => Report.Table(Heading, _runs.OrderBy(pair => IndexOf(pair.Key.Case)).Select(pair =>
    {
        var median = FioResult.Median(pair.Value);
        var lowest = pair.Value.Min(run => run.ServerCpuUs);
        return (string[])
        [
            TitleOf(pair.Key.Case), pair.Key.Target,
            Report.Figure(median.PerSecond, 0), Report.Figure(median.BytesPerSecond / 1e6, 0),
            Report.Figure(median.MedianUs, 0), Report.Figure(median.P99Us, 0), Report.Figure(median.P999Us, 0),
            Report.Figure(median.ServerCpuUs, 1), Report.Figure(median.ServerKernelUs, 1), Report.Figure(lowest, 1), Report.Figure(median.ClientCpuUs, 1),
            Report.Figure(median.Flushes, 2), median.Steal.ToString("P0", CultureInfo.InvariantCulture),
        ];
    }));

    private int IndexOf(string name) => cases.TakeWhile(workload => workload.Key != name).Count();
}
