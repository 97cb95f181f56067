using System.Text.Json;

namespace Uss.Benchmarks.Rig;

/// <summary>A workload.</summary>
/// <param name="Key">Name for the command line.</param>
/// <param name="Title">Name for tables.</param>
/// <param name="Pattern">fio's <c>rw=</c>.</param>
internal sealed record FioCase(string Key, string Title, string Pattern, string BlockSize, int Depth);

/// <summary>What one run of fio came to.</summary>
/// <param name="BytesPerSecond">Throughput.</param>
/// <param name="MedianUs">Latency as the client sees it: median, in microseconds.</param>
/// <param name="P99Us">99th percentile.</param>
/// <param name="P999Us">99.9th percentile.</param>
/// <param name="ServerCpuUs">CPU time of the server per I/O, in microseconds; null for a run without a server.</param>
/// <param name="ServerKernelUs">What of it the kernel took.</param>
/// <param name="ClientCpuUs">CPU time of fio per I/O, in microseconds; null for a run without fio.</param>
/// <param name="Steal">Share of all cores' time that the hypervisor took.</param>
/// <param name="LongestMs">The longest I/O, in milliseconds.</param>
/// <param name="Flushes">Cache flushes of the machine's disks per I/O.</param>
internal sealed record FioResult(
    double PerSecond,
    double BytesPerSecond,
    double MedianUs,
    double P99Us,
    double P999Us,
    double? ServerCpuUs,
    double? ServerKernelUs,
    double? ClientCpuUs,
    double Steal,
    double Flushes,
    double LongestMs)
{
    /// <summary>The run with the median of each figure.</summary>
    public static FioResult Median(IReadOnlyList<FioResult> runs) => new(
        Middle(runs, run => run.PerSecond),
        Middle(runs, run => run.BytesPerSecond),
        Middle(runs, run => run.MedianUs),
        Middle(runs, run => run.P99Us),
        Middle(runs, run => run.P999Us),
        runs[0].ServerCpuUs is null ? null : Middle(runs, run => run.ServerCpuUs!.Value),
        runs[0].ServerKernelUs is null ? null : Middle(runs, run => run.ServerKernelUs!.Value),
        runs[0].ClientCpuUs is null ? null : Middle(runs, run => run.ClientCpuUs!.Value),
        runs.Max(run => run.Steal),
        Middle(runs, run => run.Flushes),
        runs.Max(run => run.LongestMs));

    private static double Middle(IReadOnlyList<FioResult> runs, Func<FioResult, double> figure)
    {
        var sorted = runs.Select(figure).Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }
}

/// <summary>Runs fio (the one built by <c>tests/Benchmarks/build-fio</c>) and reads its report.</summary>
/// <param name="path">The program.</param>
internal sealed class Fio(string path)
{
    private static readonly string[] Format =
        ["--output-format=json", "--lat_percentiles=1", "--clat_percentiles=0", "--percentile_list=50:99:99.9", "--name=bench"];

    /// <summary>Arguments that select a LUN, through libiscsi.</summary>
    public static string[] Lun(string url) => ["--ioengine=libiscsi", "--thread", "--filename=" + url.Replace(":", "\\:", StringComparison.Ordinal)];

    /// <summary>Arguments that select a file of an export, through libnfs.</summary>
    public static string[] NfsFile(string url, string file) => ["--ioengine=nfs", "--nfs_url=" + url, "--filename=/" + file];

    /// <summary>Arguments that select a file, through io_uring and past the page cache.</summary>
    public static string[] RawFile(string file) => ["--ioengine=io_uring", "--direct=1", "--filename=" + file];

    /// <summary>Writes the whole range once, sequentially.</summary>
    public void Fill(string[] target, string size) =>
        Run([.. target, "--size=" + size, "--rw=write", "--bs=1M", "--iodepth=8"], null, TimeSpan.FromMinutes(10));

    /// <summary>Runs a workload for a time.</summary>
    /// <param name="servers">The processes to charge; null: none.</param>
    /// <param name="patience">Seconds beyond that in which it has to end.</param>
    public FioResult Measure(string[] target, string size, FioCase workload, int seconds, IReadOnlyList<int>? servers, int patience = 60) => Run(
        [
            .. target, "--size=" + size, "--rw=" + workload.Pattern, "--bs=" + workload.BlockSize, $"--iodepth={workload.Depth}",
            "--norandommap", "--randrepeat=0", "--time_based", $"--runtime={seconds}",
        ],
        servers,
        TimeSpan.FromSeconds(seconds + patience));

    /// <summary>Writes so many 4 KiB blocks at random places, depth 32.</summary>
    public FioResult WriteBlocks(string[] target, string size, long blocks, IReadOnlyList<int>? servers) => Run(
        [
            .. target, "--size=" + size, $"--io_size={blocks * 4096}", "--rw=randwrite", "--bs=4k", "--iodepth=32", "--norandommap", "--randrepeat=0",
        ],
        servers,
        TimeSpan.FromMinutes(20));

    /// <summary>Writes so many 4 KiB blocks at random places, no block twice, depth 32.</summary>
    public void ChangeBlocks(string[] target, string size, long blocks) => Run(
        [.. target, "--size=" + size, $"--io_size={blocks * 4096}", "--rw=randwrite", "--bs=4k", "--iodepth=32", "--randrepeat=0"],
        null,
        TimeSpan.FromMinutes(10));

    /// <summary>Starts a workload at a steady rate, until <see cref="FioLoad.Finish"/>.</summary>
    /// <param name="perSecond">Operations per second.</param>
    public FioLoad Hold(string[] target, string size, FioCase workload, int perSecond) => new(ToolProcess.StartReading(
        path,
        [
            .. Format, .. target, "--size=" + size, "--rw=" + workload.Pattern, "--bs=" + workload.BlockSize, $"--iodepth={workload.Depth}",
            "--norandommap", "--randrepeat=0", "--time_based", "--runtime=3600", $"--rate_iops={perSecond}",
        ]));

    /// <summary>Reads and writes with verification, depth 8, while something happens to the server.</summary>
    public FioResult Endure(string[] target, string size, int seconds) => Run(
        [
            .. target, "--size=" + size, "--rw=randrw", "--bs=4k", "--iodepth=8", "--verify=crc32c", "--verify_backlog=256", "--verify_state_save=0",
            "--time_based",
            $"--runtime={seconds}",
        ],
        null,
        TimeSpan.FromSeconds(seconds + 90));

    private static double LongestMs(JsonElement job) => new[] { "read", "write" }.Max(side =>
        job.GetProperty(side).GetProperty("lat_ns").GetProperty("max").GetDouble() / 1e6);

    private FioResult Run(string[] arguments, IReadOnlyList<int>? servers, TimeSpan limit)
    {
        IReadOnlyList<int> meter = servers ?? [Environment.ProcessId];
        var before = ProcessMeter.Read(meter);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var output = ToolProcess.Run(limit, path, [.. Format, .. arguments]);
        var elapsedUs = clock.Elapsed.TotalMicroseconds;
        return Read(output, before, ProcessMeter.Read(meter), elapsedUs, servers is not null);
    }

    /// <summary>The figures of a report.</summary>
    internal static FioResult Read(string output, MeterReading before, MeterReading after, double elapsedUs, bool isCharged)
    {
        using var report = JsonDocument.Parse(output[output.IndexOf('{', StringComparison.Ordinal)..]);
        var job = report.RootElement.GetProperty("jobs")[0];
        if (job.GetProperty("error").GetInt32() is var error and not 0)
            throw new BenchmarkException($"fio error {error}: {output}");
        var side = job.GetProperty(job.GetProperty("read").GetProperty("total_ios").GetInt64() > 0 ? "read" : "write");
        double operations = side.GetProperty("total_ios").GetInt64();
        var percentiles = side.GetProperty("lat_ns").GetProperty("percentile");
        var clientShare = (job.GetProperty("usr_cpu").GetDouble() + job.GetProperty("sys_cpu").GetDouble()) / 100;
        return new FioResult(
            side.GetProperty("iops").GetDouble(),
            side.GetProperty("bw_bytes").GetDouble(),
            percentiles.GetProperty("50.000000").GetDouble() / 1000,
            percentiles.GetProperty("99.000000").GetDouble() / 1000,
            percentiles.GetProperty("99.900000").GetDouble() / 1000,
            isCharged ? (after.ServerCpuUs - before.ServerCpuUs) / operations : null,
            isCharged ? (after.ServerKernelUs - before.ServerKernelUs) / operations : null,
            clientShare * job.GetProperty("job_runtime").GetDouble() * 1000 / operations,
            (after.StealUs - before.StealUs) / elapsedUs / Environment.ProcessorCount,
            (after.Flushes - before.Flushes) / operations,
            LongestMs(job));
    }
}
