using System.Globalization;
using Uss.Benchmarks.Runtime;

namespace Uss.Benchmarks.Rig;

/// <summary>
/// <c>uss bench blocks</c>: three nodes with three copies, used by a client that speaks the nodes' own protocol: the cluster
/// without the iSCSI hop, as block storage with a client library of its own is measured.
/// </summary>
internal static class BlockBenchmark
{
    // Figures of Vitastor 3.0.8, 3 OSDs, 3 copies, checksums, durable before the acknowledgement, on such a machine: CPU
    // of its OSDs, without etcd and monitor. The lowest that was seen counts.
    private static readonly (string Key, string Title, bool IsWrite, int Depth, double PeerCpuUs, double CpuShare, double PeerPerSecond)[] Cases =
    [
        ("randwrite32", "4 KiB random write, depth 32", true, 32, 160, 0.6, 5344),
        ("randread32", "4 KiB random read, depth 32", false, 32, 36, 0.8, 0),
        ("randwrite1", "4 KiB random write, depth 1", true, 1, 576, 0.6, 0),
        ("randread1", "4 KiB random read, depth 1", false, 1, 0, 0, 0),
    ];

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (RigOptions.Parse("blocks", arguments, Cases.Select(one => one.Key)) is not { } options)
            return BenchmarkProgram.BadUsage;
        try
        {
            return await RunAsync(options, "./uss bench blocks " + string.Join(' ', arguments));
        }
        catch (BenchmarkException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
    }

    private static async Task<int> RunAsync(RigOptions options, string command)
    {
        var rows = new List<string[]>();
        var isMissed = false;
        using (var cluster = ClusterServer.Create(options.Folder, "12G", "2G"))
        {
            var servers = cluster.Processes;
            var client = await BlockClient.StartAsync(cluster.DataFolder, "bench");
            await client.FillAsync();
            foreach (var one in Cases.Where(one => options.Cases.Count == 0 || options.Cases.Contains(one.Key)))
            {
                // Unmeasured: the programs compile their hot paths while they run.
                await client.MeasureAsync(one.IsWrite, one.Depth, 2);
                var runs = new List<(BenchmarkResult Client, double ServerUs)>();
                for (var run = 0; run < options.Runs; run++)
                {
                    var before = ProcessMeter.Read(servers);
                    var result = await client.MeasureAsync(one.IsWrite, one.Depth, options.Seconds);
                    runs.Add((result, (ProcessMeter.Read(servers).ServerCpuUs - before.ServerCpuUs) / (double)result.Operations));
                }

                var serverUs = Middle(runs.Select(run => run.ServerUs));
                var perSecond = Middle(runs.Select(run => run.Client.PerSecond));
                var isMet = serverUs <= one.PeerCpuUs * one.CpuShare && perSecond >= one.PeerPerSecond * 1.5;
                isMissed |= one.PeerCpuUs > 0 && !isMet;
                rows.Add(
                [
                    one.Title, Report.Figure(perSecond, 0), Report.Figure(Middle(runs.Select(run => run.Client.MedianUs)), 0),
                    Report.Figure(Middle(runs.Select(run => run.Client.P99Us)), 0), Report.Figure(serverUs, 1),
                    $"{Report.Figure(runs.Min(run => run.ServerUs), 1)} to {Report.Figure(runs.Max(run => run.ServerUs), 1)}",
                    Report.Figure(Middle(runs.Select(run => run.Client.ProcessUs)), 1),
                    one.PeerCpuUs == 0 ? "-" : "<= " + Report.Figure(one.PeerCpuUs * one.CpuShare, 0),
                    one.PeerPerSecond == 0 ? "-" : ">= " + Report.Figure(one.PeerPerSecond * 1.5, 0),
                    one.PeerCpuUs == 0 ? "" : isMet ? "met" : "missed",
                ]);
                Console.WriteLine(string.Join(" | ", rows[^1]));
            }

            await client.StopAsync();
        }

        var text = Report.Table(
                ["case", "op/s", "p50 us", "p99 us", "server CPU us/op", "range", "client CPU us/op", "CPU bar", "op/s bar", ""],
                rows)
            + string.Create(CultureInfo.InvariantCulture, $"\nMedians of {options.Runs} runs. {Report.Host(command)}.\n");
        Console.WriteLine("\n" + text);
        if (options.UpdatesReadme)
            Report.UpdateReadme("blocks", text);
        return options.ChecksBars && isMissed ? 1 : 0;
    }

    private static double Middle(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }
}
