using System.Globalization;

namespace Uss.Benchmarks.Rig;

/// <summary>
/// Three nodes with three copies on one machine, over iSCSI, all server processes charged; then what an
/// initiator sees when a node dies, freezes and comes back.
/// </summary>
internal static class ClusterBenchmark
{
    private const string Size = "2G";

    private static readonly FioCase[] Cases =
    [
        new("randwrite32", "4 KiB random write, depth 32", "randwrite", "4k", 32),
        new("randread32", "4 KiB random read, depth 32", "randread", "4k", 32),
        new("randwrite1", "4 KiB random write, depth 1", "randwrite", "4k", 1),
        new("randread1", "4 KiB random read, depth 1", "randread", "4k", 1),
        new("write1m", "1 MiB sequential write, depth 8", "write", "1M", 8),
        new("read1m", "1 MiB sequential read, depth 8", "read", "1M", 8),
    ];

    private static readonly (string Case, string Figure, double Limit, bool IsAtMost, Func<FioResult, double> Of)[] Bars =
    [
        ("randwrite32", "CPU, us", 90, true, run => run.ServerCpuUs!.Value),
        ("randread32", "CPU, us", 30, true, run => run.ServerCpuUs!.Value),
        ("randwrite32", "IOPS", 4120, false, run => run.PerSecond),
        ("randwrite1", "IOPS", 1090, false, run => run.PerSecond),
    ];

    public static Task<int> RunAsync(string[] arguments)
    {
        if (RigOptions.Parse("cluster", arguments, Cases.Select(workload => workload.Key)) is not { } options)
            return Task.FromResult(BenchmarkProgram.BadUsage);
        try
        {
            return Task.FromResult(Run(options, "./uss bench cluster " + string.Join(' ', arguments)));
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
        var results = new List<(FioCase Case, FioResult Median)>();
        var stalls = new List<string[]>();
        using (var cluster = ClusterServer.Create(options.Folder, "12G", Size))
        {
            var lun = Fio.Lun(ClusterServer.Url);
            fio.Fill(lun, Size);
            foreach (var workload in Cases.Where(workload => options.Cases.Count == 0 || options.Cases.Contains(workload.Key)))
            {
                // Unmeasured: the program compiles its hot path while it runs.
                fio.Measure(lun, Size, workload, 2, cluster.Processes);
                var runs = Enumerable.Range(0, options.Runs)
                    .Select(_ => fio.Measure(lun, Size, workload, options.Seconds, cluster.Processes)).ToList();
                results.Add((workload, FioResult.Median(runs)));
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{workload.Key,-12} {results[^1].Median.PerSecond,8:F0} op/s  server {results[^1].Median.ServerCpuUs,7:F1} us/io"));
            }

            for (var run = 0; run < options.Runs; run++)
            {
                stalls.Add(Endure(fio, cluster, "SIGKILL, then started again", "kill", "start"));
                stalls.Add(Endure(fio, cluster, "SIGSTOP, then SIGCONT", "freeze", "thaw"));
            }
        }

        var text = Tables(results, stalls) + "\n" + Report.Host(command) + ".\n";
        Console.WriteLine("\n" + text);
        if (options.UpdatesReadme)
            Report.UpdateReadme("cluster", text);
        return options.ChecksBars && Bars.Any(bar => results.Exists(result => result.Case.Key == bar.Case && !IsMet(bar, result.Median))) ? 1 : 0;
    }

    // A node that is primary of a third of the groups and replica of the rest goes away under load, and comes back.
    private static string[] Endure(Fio fio, ClusterServer cluster, string title, string away, string back)
    {
        const int seconds = 10;
        var load = Task.Run(() => fio.Endure(Fio.Lun(ClusterServer.Url), Size, seconds));
        Thread.Sleep(3000);
        cluster.Command("dev", away, "node2");
        var result = load.GetAwaiter().GetResult();
        cluster.Command("dev", back, "node2");
        var healthy = cluster.AwaitHealth();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{away,-12} longest I/O {result.LongestMs:F0} ms, healthy after {healthy.TotalSeconds:F1} s"));
        return [title, Report.Figure(result.LongestMs, 0), Report.Figure(healthy.TotalSeconds, 1)];
    }

    private static bool IsMet((string, string, double Limit, bool IsAtMost, Func<FioResult, double> Of) bar, FioResult median) =>
        bar.IsAtMost ? bar.Of(median) <= bar.Limit : bar.Of(median) >= bar.Limit;

    private static string Tables(List<(FioCase Case, FioResult Median)> results, List<string[]> stalls) =>
        Report.Table(
            ["case", "op/s", "MB/s", "p50 us", "p99 us", "server CPU us/io", "client CPU us/io", "steal"],
            results.Select(result => (string[])
            [
                result.Case.Title, Report.Figure(result.Median.PerSecond, 0), Report.Figure(result.Median.BytesPerSecond / 1e6, 0),
                Report.Figure(result.Median.MedianUs, 0), Report.Figure(result.Median.P99Us, 0), Report.Figure(result.Median.ServerCpuUs, 1),
                Report.Figure(result.Median.ClientCpuUs, 1), result.Median.Steal.ToString("P0", CultureInfo.InvariantCulture),
            ]))
        + "\n" + Report.Table(
            ["bar", "figure", "measured", "limit", ""],
            Bars.SelectMany(bar => results.Where(result => result.Case.Key == bar.Case).Select(result => (string[])
            [
                result.Case.Title, bar.Figure, Report.Figure(bar.Of(result.Median), 1), (bar.IsAtMost ? "<= " : ">= ") + Report.Figure(bar.Limit, 0),
                IsMet(bar, result.Median) ? "met" : "missed",
            ])))
        + "\n" + Report.Table(["one node of three, under verified load", "longest I/O, ms", "all copies again after, s"], stalls);
}
