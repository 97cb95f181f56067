using System.Globalization;

namespace Uss.Benchmarks.Rig;

/// <summary>How long the service takes to be ready after SIGKILL, and how much memory it holds, after many random writes.</summary>
internal static class RecoveryBenchmark
{
    private const int Port = 23262;
    private const double MemoryBarGiB = 1.2;
    private const double RecoveryBarSeconds = 5;

    /// <summary><c>uss bench recovery</c>: 1 M blocks written at random over 64 GiB, then SIGKILL.</summary>
    public static Task<int> RunRecoveryAsync(string[] arguments) => Run("recovery", arguments, "200G", "64G", 1_000_000);

    /// <summary><c>uss bench memory</c>: 2 M blocks written at random over all of 1 TiB of sparse disk.</summary>
    public static Task<int> RunMemoryAsync(string[] arguments) => Run("memory", arguments, "1T", "1000G", 2_000_000);

    private static Task<int> Run(string name, string[] arguments, string diskSize, string volumeSize, long blocks)
    {
        if (RigOptions.Parse(name, arguments) is not { } options)
            return Task.FromResult(BenchmarkProgram.BadUsage);
        try
        {
            var fio = RigOptions.Fio();
            using var uss = UssServer.Create(options.Folder, Port, diskSize, volumeSize);
            var load = fio.WriteBlocks(Fio.Lun(uss.Url), volumeSize, blocks, [uss.ProcessId]);
            var loaded = ProcessMeter.Memory(uss.ProcessId);
            uss.Kill();
            var recovery = uss.Start();
            var recovered = ProcessMeter.Memory(uss.ProcessId);
            var text = Report.Table(
                ["", "measured", "bar"],
                [
                    ["blocks written at random", Report.Figure(blocks, 0), ""],
                    ["over a volume of", volumeSize, ""],
                    ["writes per second, depth 32", Report.Figure(load.PerSecond, 0), ""],
                    ["write p50 / p99 / p99.9, us", $"{load.MedianUs:F0} / {load.P99Us:F0} / {load.P999Us:F0}", ""],
                    ["resident memory, highest, GiB", Report.Figure(GiB(loaded.HighestBytes), 2), Report.Figure(MemoryBarGiB, 1)],
                    ["ready after SIGKILL, s", Report.Figure(recovery.TotalSeconds, 1), Report.Figure(RecoveryBarSeconds, 0)],
                    ["resident memory after recovery, highest, GiB", Report.Figure(GiB(recovered.HighestBytes), 2), Report.Figure(MemoryBarGiB, 1)],
                ]) + "\n" + Report.Host(string.Create(CultureInfo.InvariantCulture, $"./uss bench {name}")) + ".\n";
            Console.WriteLine(text);
            if (options.UpdatesReadme)
                Report.UpdateReadme(name, text);
            var isMet = GiB(Math.Max(loaded.HighestBytes, recovered.HighestBytes)) <= MemoryBarGiB && recovery.TotalSeconds <= RecoveryBarSeconds;
            return Task.FromResult(options.ChecksBars && !isMet ? 1 : 0);
        }
        catch (BenchmarkException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return Task.FromResult(1);
        }
    }

    private static double GiB(long bytes) => bytes / (double)(1L << 30);
}
