using System.ComponentModel;
using System.Net.Sockets;

namespace Uss.Benchmarks.Rig.Nfs;

/// <summary>
/// Rung 4 of the ladder: a file system over NFS version 3, with nfs-ganesha beside it. The servers take turns within each case, so
/// that what else happens on the machine hits them alike; what counts is the ratio.
/// </summary>
internal static class NfsBenchmark
{
    private const string Yardstick = "ganesha";
    private const string DefaultSize = "1G";
    private const string DiskSize = "40G";
    private const int Files = 10_000;
    private const int WarmUpFiles = 2_000;

    private static readonly string[] OfFiles = ["create", "lookup", "list", "remove"];

    // What fio does has a pattern of fio's; the others are calls of the client here.
    private static readonly FioCase[] Cases =
    [
        new("randread32", "4 KiB random read, depth 32", "randread", "4k", 32),
        new("read1m", "1 MiB sequential read, depth 8", "read", "1M", 8),
        new("write1m", "1 MiB sequential write, depth 8", "write", "1M", 8),
        new("randwrite32", "4 KiB random write, FILE_SYNC, depth 32", DataLoad.DurableWrite, "4k", 32),
        new("create1", "create a file, depth 1", "create", "", 1),
        new("lookup1", "look up a file, depth 1", "lookup", "", 1),
        new("readdirplus", "READDIRPLUS, per entry", "list", "", 1),
        new("remove1", "remove a file, depth 1", "remove", "", 1),
        new("create16", "create a file, depth 16", "create", "", 16),
        new("lookup16", "look up a file, depth 16", "lookup", "", 16),
        new("remove16", "remove a file, depth 16", "remove", "", 16),
    ];

    private static readonly RatioBar[] Bars =
    [
        RatioBar.Cpu("randread32", 0.5),
        RatioBar.Rate("read1m", "op/s", 0.9),
        RatioBar.Rate("write1m", "op/s", 0.9),
        RatioBar.Cpu("randwrite32", 0.4),
        RatioBar.Rate("randwrite32", "op/s", 1.5),
        RatioBar.Rate("create1", "op/s", 1.0),
        RatioBar.Rate("lookup1", "op/s", 1.0),
        RatioBar.Rate("readdirplus", "op/s", 1.0),
        RatioBar.Rate("create16", "op/s", 5.0),
        RatioBar.Rate("lookup16", "op/s", 1.5),
        RatioBar.Rate("remove16", "op/s", 1.0),
    ];

    public static Task<int> RunAsync(string[] arguments)
    {
        if (RigOptions.Parse("nfs", arguments, Cases.Select(workload => workload.Key)) is not { } options)
            return Task.FromResult(BenchmarkProgram.BadUsage);
        try
        {
            return Task.FromResult(Run(options, "./uss bench nfs " + string.Join(' ', arguments)));
        }
        catch (Exception exception) when (exception is BenchmarkException or SocketException)
        {
            Console.Error.WriteLine(exception.Message);
            return Task.FromResult(1);
        }
    }

    private static int Run(RigOptions options, string command)
    {
        var wanted = Cases.Where(workload => options.Cases.Count == 0 || options.Cases.Contains(workload.Key)).ToList();
        var whyAlone = WhyWithoutYardstick();
        if (whyAlone is not null)
            Console.Error.WriteLine($"nfs-ganesha is not measured, USS alone is, and no bar is checked: {whyAlone}");
        var runs = new PairedRuns(Yardstick, Cases);
        using (var uss = new UssNfsServer(options.Folder, DiskSize))
        using (var ganesha = whyAlone is null ? new GaneshaServer(options.Folder) : null)
        {
            INfsServer[] servers = ganesha is null ? [uss] : [uss, ganesha];
            MeasureData(options, [.. wanted.Where(workload => !IsOfFiles(workload))], servers, runs);
            foreach (var sameDepth in wanted.Where(IsOfFiles).GroupBy(workload => workload.Depth))
                MeasureFiles(options, [.. sameDepth], servers, runs);
        }

        var text = runs.Table() + "\n" + (whyAlone is null ? NfsTable.Ratios(runs, wanted, Bars) : "nfs-ganesha was not measured.\n")
            + "\n" + Report.Host(command.TrimEnd()) + ".\n";
        Console.WriteLine("\n" + text);
        if (options.UpdatesReadme && whyAlone is null)
            Report.UpdateReadme("nfs", text);
        return options.ChecksBars && (whyAlone is not null || runs.IsMissed(Bars)) ? 1 : 0;
    }

    private static bool IsOfFiles(FioCase workload) => OfFiles.Contains(workload.Pattern);

    // Null when nfs-ganesha can be run here.
    private static string? WhyWithoutYardstick()
    {
        if (!Environment.IsPrivilegedProcess)
            return "it needs root, to open files by their handles";
        try
        {
            DebianPackages.Need("the yardstick of bench nfs", "nfs-ganesha", "nfs-ganesha-vfs", "gcc", "libc6-dev");
            ToolProcess.Run(TimeSpan.FromSeconds(10), "ganesha.nfsd", ["-v"]);
            return null;
        }
        catch (Exception exception) when (exception is BenchmarkException or Win32Exception)
        {
            return exception.Message;
        }
    }

    private static void MeasureData(RigOptions options, IReadOnlyList<FioCase> cases, INfsServer[] servers, PairedRuns runs)
    {
        if (cases.Count == 0)
            return;
        var data = new DataLoad(cases.Any(DataLoad.NeedsFio) ? RigOptions.Fio() : null, options.Size ?? DefaultSize);
        foreach (var server in servers)
        {
            Console.WriteLine($"filling {data.Size} of {server.Name} under {options.Folder}");
            data.Fill(server);
        }

        foreach (var workload in cases)
        {
            // Unmeasured: the program compiles its hot path while it runs.
            foreach (var server in servers)
                data.Measure(workload, server, 2);
            for (var run = 0; run < options.Runs; run++)
            {
                foreach (var server in servers)
                    runs.Add(workload, server.Name, data.Measure(workload, server, options.Seconds));
            }
        }
    }

    private static void MeasureFiles(RigOptions options, IReadOnlyList<FioCase> cases, INfsServer[] servers, PairedRuns runs)
    {
        foreach (var server in servers)
            Measure(server, WarmUpFiles);
        for (var run = 0; run < options.Runs; run++)
        {
            foreach (var server in servers)
            {
                var results = Measure(server, Files);
                foreach (var workload in cases)
                    runs.Add(workload, server.Name, results[workload.Pattern]);
            }
        }

        IReadOnlyDictionary<string, FioResult> Measure(INfsServer server, int files)
        {
            using var client = new NfsClient(server);
            return client.UseFiles(files, cases[0].Depth);
        }
    }
}
