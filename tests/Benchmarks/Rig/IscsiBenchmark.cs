using System.Globalization;

namespace Uss.Benchmarks.Rig;

/// <summary>
/// Rung 4 of the ladder: one volume over iSCSI, with <c>tgt</c> and the raw file beside it. The targets take turns within
/// each case, so that what else happens on the machine hits them alike; what counts is the ratio.
/// </summary>
internal static class IscsiBenchmark
{
    private const int UssPort = 23260;
    private const int TgtPort = 23261;
    private const string Size = "2G";
    private const string BareCallsName = "bare calls";

    private static readonly FioCase[] Cases =
    [
        new("randread32", "4 KiB random read, depth 32", "randread", "4k", 32),
        new("randread1", "4 KiB random read, depth 1", "randread", "4k", 1),
        new("read1m", "1 MiB sequential read, depth 8", "read", "1M", 8),
        new("write1m", "1 MiB sequential write, depth 8", "write", "1M", 8),
        new("randwrite32", "4 KiB random write, depth 32", "randwrite", "4k", 32),
        new("read1m-after", "1 MiB sequential read after the random writes", "read", "1M", 8),
    ];

    private static readonly Bar[] Bars =
    [
        new("randread32", "CPU", 0.4, true, run => run.ServerCpuUs!.Value),
        new("randwrite32", "CPU", 0.6, true, run => run.ServerCpuUs!.Value),
        new("randwrite32", "IOPS", 1.0, false, run => run.PerSecond),
        new("randread1", "CPU", 0.6, true, run => run.ServerCpuUs!.Value),
        new("randread1", "p50", 0.9, true, run => run.MedianUs),
        new("read1m", "throughput", 1.2, false, run => run.BytesPerSecond),
        new("read1m", "CPU", 0.6, true, run => run.ServerCpuUs!.Value),
        new("write1m", "throughput", 1.2, false, run => run.BytesPerSecond),
        new("write1m", "CPU", 0.6, true, run => run.ServerCpuUs!.Value),
    ];

    public static Task<int> RunAsync(string[] arguments)
    {
        if (RigOptions.Parse("iscsi", arguments, Cases.Select(workload => workload.Key)) is not { } options)
            return Task.FromResult(BenchmarkProgram.BadUsage);
        try
        {
            return Task.FromResult(Run(options, "./uss bench iscsi " + string.Join(' ', arguments)));
        }
        catch (BenchmarkException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return Task.FromResult(1);
        }
    }

    private static int Run(RigOptions options, string command)
    {
        var fio = RigOptions.Fio();
        var file = Path.Combine(options.Folder, "tgt.img");
        var bareCalls = new BareCalls(options.Folder);
        Console.WriteLine($"filling {Size} twice under {options.Folder}");
        fio.Fill(Fio.RawFile(file), Size);
        var results = new Dictionary<(string Case, string Target), List<FioResult>>();
        using (var uss = UssServer.Create(options.Folder, UssPort, "12G", Size))
        using (var tgt = new TgtServer(options.Folder, TgtPort, file))
        {
            fio.Fill(Fio.Lun(uss.Url), Size);
            foreach (var workload in Cases.Where(workload => options.Cases.Count == 0 || options.Cases.Contains(workload.Key)))
            {
                // Unmeasured: the program compiles its hot path while it runs.
                fio.Measure(Fio.Lun(uss.Url), Size, workload, 2, [uss.ProcessId]);
                fio.Measure(Fio.Lun(tgt.Url), Size, workload, 1, [tgt.ProcessId]);
                for (var run = 0; run < options.Runs; run++)
                {
                    foreach (var server in (IBenchmarkServer[])[uss, tgt])
                        Add(workload, server.Name, fio.Measure(Fio.Lun(server.Url), Size, workload, options.Seconds, [server.ProcessId]));
                    // The floor: the same file without protocol and server.
                    Add(workload, "raw file", fio.Measure(Fio.RawFile(file), Size, workload, Math.Min(options.Seconds, 5), null));
                    if (workload.Depth == 1)
                        Add(workload, BareCallsName, bareCalls.Measure(file, options.Seconds));
                }
            }
        }

        File.Delete(file);
        var text = Tables(results) + "\n" + Report.Host(command) + ".\n";
        Console.WriteLine("\n" + text);
        if (options.UpdatesReadme)
            Report.UpdateReadme("iscsi", text);
        return options.ChecksBars && Bars.Any(bar => bar.Measure(results) is { } ratio && !bar.IsMet(ratio)) ? 1 : 0;

        void Add(FioCase workload, string target, FioResult result)
        {
            if (!results.TryGetValue((workload.Key, target), out var runs))
                results[(workload.Key, target)] = runs = [];
            runs.Add(result);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{workload.Key,-12} {target,-8} {result.PerSecond,8:F0} op/s  p50 {result.MedianUs,8:F1} us  p99 {result.P99Us,8:F1} us  " +
                $"server {result.ServerCpuUs,7:F2} us/io  steal {result.Steal:P0}"));
        }
    }

    private static string Tables(Dictionary<(string Case, string Target), List<FioResult>> results)
    {
        var rows = results.Select(pair =>
        {
            var median = FioResult.Median(pair.Value);
            var lowest = pair.Value.Min(run => run.ServerCpuUs);
            return (string[])
            [
                Cases.First(workload => workload.Key == pair.Key.Case).Title, pair.Key.Target,
                Report.Figure(median.PerSecond, 0), Report.Figure(median.BytesPerSecond / 1e6, 0),
                Report.Figure(median.MedianUs, 0), Report.Figure(median.P99Us, 0), Report.Figure(median.P999Us, 0),
                Report.Figure(median.ServerCpuUs, 1), Report.Figure(median.ServerKernelUs, 1), Report.Figure(lowest, 1), Report.Figure(median.ClientCpuUs, 1),
                Report.Figure(median.Flushes, 2), median.Steal.ToString("P0", CultureInfo.InvariantCulture),
            ];
        });
        var bars = Bars.Select(bar => (Bar: bar, Ratio: bar.Measure(results))).Where(pair => pair.Ratio is not null).Select(pair => (string[])
        [
            Cases.First(workload => workload.Key == pair.Bar.Case).Title, pair.Bar.Figure, Report.Figure(pair.Ratio, 2),
            (pair.Bar.IsAtMost ? "<= " : ">= ") + Report.Figure(pair.Bar.Limit, 1), pair.Bar.IsMet(pair.Ratio!.Value) ? "met" : "missed",
        ]);
        var floor = Bars.Where(bar => bar.Case == "randread1").Select(bar => (Bar: bar, Ratio: bar.Measure(results, BareCallsName)))
            .Where(pair => pair.Ratio is not null).Select(pair => (string[])
            [
                Cases.First(workload => workload.Key == pair.Bar.Case).Title, $"{pair.Bar.Figure} of the bare calls", Report.Figure(pair.Ratio, 2),
                "-", "floor",
            ]);
        return Report.Table(
                [
                    "case", "target", "op/s", "MB/s", "p50 us", "p99 us", "p99.9 us", "server CPU us/io", "of it kernel", "lowest run",
                    "client CPU us/io", "flushes/io", "steal",
                ],
                rows)
            + "\n" + Report.Table(["USS : tgt", "figure", "ratio", "bar", ""], bars.Concat(floor));
    }

    /// <summary>A bar on the ratio of USS to tgt.</summary>
    private sealed record Bar(string Case, string Figure, double Limit, bool IsAtMost, Func<FioResult, double> Of)
    {
        public double? Measure(Dictionary<(string Case, string Target), List<FioResult>> results, string target = "USS") =>
            results.TryGetValue((Case, target), out var uss) && results.TryGetValue((Case, "tgt"), out var tgt)
                ? Of(FioResult.Median(uss)) / Of(FioResult.Median(tgt))
                : null;

        public bool IsMet(double ratio) => IsAtMost ? ratio <= Limit : ratio >= Limit;
    }
}
