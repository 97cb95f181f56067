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

    private static readonly RatioBar[] Bars =
    [
        RatioBar.Cpu("randread32", 0.4),
        RatioBar.Cpu("randwrite32", 0.6),
        RatioBar.Rate("randwrite32", "IOPS", 1.0),
        RatioBar.Cpu("randread1", 0.6),
        new("randread1", "p50", 0.9, true, run => run.MedianUs),
        RatioBar.Rate("read1m", "throughput", 1.2),
        RatioBar.Cpu("read1m", 0.6),
        RatioBar.Rate("write1m", "throughput", 1.2),
        RatioBar.Cpu("write1m", 0.6),
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
        var runs = new PairedRuns("tgt", Cases);
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
                        runs.Add(workload, server.Name, fio.Measure(Fio.Lun(server.Url), Size, workload, options.Seconds, [server.ProcessId]));
                    // The floor: the same file without protocol and server.
                    runs.Add(workload, "raw file", fio.Measure(Fio.RawFile(file), Size, workload, Math.Min(options.Seconds, 5), null));
                    if (workload.Depth == 1)
                        runs.Add(workload, BareCallsName, bareCalls.Measure(file, options.Seconds));
                }
            }
        }

        File.Delete(file);
        var text = Tables(runs) + "\n" + Report.Host(command) + ".\n";
        Console.WriteLine("\n" + text);
        if (options.UpdatesReadme)
            Report.UpdateReadme("iscsi", text);
        return options.ChecksBars && runs.IsMissed(Bars) ? 1 : 0;
    }

    private static string Tables(PairedRuns runs)
    {
        var bars = Bars.Where(bar => runs.Ratio(bar) is not null).Select(bar => (string[])
        [
            runs.TitleOf(bar.Case), bar.Figure, Report.Figure(runs.Ratio(bar), 2), bar.Text, bar.Verdict(runs.Ratio(bar)),
        ]);
        var floor = Bars.Where(bar => bar.Case == "randread1" && runs.Ratio(bar, BareCallsName) is not null).Select(bar => (string[])
        [
            runs.TitleOf(bar.Case), $"{bar.Figure} of the bare calls", Report.Figure(runs.Ratio(bar, BareCallsName), 2), "-", "floor",
        ]);
        return runs.Table() + "\n" + Report.Table(["USS : tgt", "figure", "ratio", "bar", ""], bars.Concat(floor));
    }
}
