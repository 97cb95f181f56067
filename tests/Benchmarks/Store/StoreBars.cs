using Uss.Benchmarks.Rig;

namespace Uss.Benchmarks.Store;

/// <summary><c>uss bench store --bars</c>: what one store writes for what it is given, and whom a checkpoint holds up.</summary>
internal static class StoreBars
{
    private const double SmallWriteBar = 1.5;
    private const double LargeWriteBar = 1.1;
    private const double StallBarMs = 50;
    private const int QuickDivisor = 10;

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (RigOptions.Parse("store --bars", arguments) is not { } rig)
            return BenchmarkProgram.BadUsage;
        var divisor = rig.Seconds < 10 ? QuickDivisor : 1;
        var options = new StoreBenchmarkOptions { Path = Path.Combine(rig.Folder, "store.disk"), Reads = 0 };
        var small = await OneAsync(options with { Writes = 1_000_000 / divisor });
        var large = await OneAsync(options with { OperationBytes = 64 << 10, Writes = 131_072 / divisor });
        var busy = await OneAsync(options with { LogBytes = 32 << 20, Writes = 400_000 / divisor });
        var text = Report.Table(
            ["", "4 KiB", "64 KiB", "4 KiB, log of 32 MiB"],
            [
                Row("durable random writes over 64 GiB, depth 32", 0, result => result.Operations),
                Row("writes per second", 0, result => result.Operations / result.Seconds),
                Row("CPU of the reactor, us per write", 1, result => result.ProcessorUs),
                Row("bytes written to the device per byte of data", 3, result => result.WriteAmplification),
                ["bar for that", Report.Figure(SmallWriteBar, 1), Report.Figure(LargeWriteBar, 1), ""],
                Row("checkpoints, the last one included", 0, result => result.Checkpoints),
                Row("writes per flush", 1, result => (double)result.Operations / Math.Max(result.Flushes, 1)),
                Row("latency p50, us", 0, result => result.P50Us),
                Row("p99, us", 0, result => result.P99Us),
                Row("p99.9, us", 0, result => result.P999Us),
                Row("longest, ms", 1, result => result.MaximumUs / 1000),
                Row("writes while a checkpoint was written", 0, result => result.During),
                Row("of these: p99.9, us", 0, result => result.DuringP999Us),
                Row("of these: longest, ms", 1, result => result.DuringMaximumUs / 1000),
                ["bar for that, ms", Report.Figure(StallBarMs, 0), "", Report.Figure(StallBarMs, 0)],
                Row("managed bytes allocated per write", 2, result => result.AllocatedBytes),
            ]) + "\n" + Report.Host("./uss bench store --bars") + ".\n";
        Console.WriteLine(text);
        if (rig.UpdatesReadme)
            Report.UpdateReadme("store", text);
        var isMet = small.WriteAmplification <= SmallWriteBar && large.WriteAmplification <= LargeWriteBar
            && Math.Max(small.DuringMaximumUs, busy.DuringMaximumUs) <= StallBarMs * 1000;
        return rig.ChecksBars && !isMet ? 1 : 0;

        string[] Row(string title, int digits, Func<StoreBenchmarkResult, double> figure) =>
            [title, Report.Figure(figure(small), digits), Report.Figure(figure(large), digits), Report.Figure(figure(busy), digits)];
    }

    private static async Task<StoreBenchmarkResult> OneAsync(StoreBenchmarkOptions options)
    {
        StoreBenchmarkResult? first = null;
        await foreach (var result in StoreBenchmark.RunAsync(options))
            first ??= result;
        await Console.Error.WriteLineAsync(first!.ToString());
        return first;
    }
}
