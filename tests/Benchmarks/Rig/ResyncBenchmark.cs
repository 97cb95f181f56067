using System.Diagnostics;
using System.Globalization;

namespace Uss.Benchmarks.Rig;

/// <summary>
/// <c>uss bench resync</c>: how much three nodes copy when one returns after little has changed, and what clients notice while
/// a disk gets all of its data back.
/// </summary>
internal static class ResyncBenchmark
{
    private const string RejoinCase = "rejoin";
    private const string RecoveryCase = "recovery";
    private const string RejoinSize = "10G";
    private const string RecoverySize = "2G";
    private const double RejoinBar = 1.1;
    private const double RecoveryBar = 2;
    private const int BlockBytes = 4096;

    private static readonly FioCase Load = new("recovery", "4 KiB random write, depth 32", "randwrite", "4k", 32);

    public static Task<int> RunAsync(string[] arguments)
    {
        if (RigOptions.Parse("resync", arguments, RejoinCase, RecoveryCase) is not { } options)
            return Task.FromResult(BenchmarkProgram.BadUsage);
        try
        {
            var command = "./uss bench resync " + string.Join(' ', arguments);
            var isMet = true;
            if (IsWanted(options, RejoinCase))
                isMet &= Tell(options, command, "rejoin", Rejoin(options));
            if (IsWanted(options, RecoveryCase))
                isMet &= Tell(options, command, "disk", Recover(options));
            return Task.FromResult(options.ChecksBars && !isMet ? 1 : 0);
        }
        catch (BenchmarkException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return Task.FromResult(1);
        }
    }

    private static bool IsWanted(RigOptions options, string name) => options.Cases.Count == 0 || options.Cases.Contains(name);

    private static bool Tell(RigOptions options, string command, string section, (List<string[]> Rows, bool IsMet) result)
    {
        var text = Report.Table(["", "measured", "bar", ""], result.Rows) + "\n" + Report.Host(command) + ".\n";
        Console.WriteLine("\n" + text);
        if (options.UpdatesReadme)
            Report.UpdateReadme(section, text);
        return result.IsMet;
    }

    // A node stops in order, a hundredth of the blocks changes, it comes back.
    private static (List<string[]> Rows, bool IsMet) Rejoin(RigOptions options)
    {
        var fio = RigOptions.Fio();
        var size = options.Size ?? RejoinSize;
        var changed = RigOptions.Bytes(size) / BlockBytes / 100;
        var lun = Fio.Lun(ClusterServer.Url);
        using var cluster = ClusterServer.Create(options.Folder, DiskFor(size), size);
        fio.Fill(lun, size);
        cluster.Command("dev", "stop", "node2");
        fio.ChangeBlocks(lun, size, changed);
        var before = cluster.Figures(1).BlocksResynced + cluster.Figures(3).BlocksResynced;
        var clock = Stopwatch.StartNew();
        cluster.Command("dev", "start", "node2");
        var started = clock.Elapsed;
        cluster.AwaitCopies();
        var healthy = clock.Elapsed;

        // The node that was away counts from its start.
        var copied = Copied(cluster) - before;
        var ratio = copied / (double)changed;
        return (
            [
                ["written in full before", size, "", ""],
                ["blocks changed while the node was away", Report.Figure(changed, 0), "", ""],
                ["blocks copied", Report.Figure(copied, 0), "", ""],
                ["copied : changed", Report.Figure(ratio, 3), "<= 1.1", ratio <= RejoinBar ? "met" : "missed"],
                ["the node serves after its start, s", Report.Figure(started.TotalSeconds, 1), "", ""],
                ["all groups have all copies, s", Report.Figure(healthy.TotalSeconds, 1), "", ""],
            ],
            ratio <= RejoinBar);
    }

    // A disk is lost for good and another one takes its place, while clients write at half of their peak.
    private static (List<string[]> Rows, bool IsMet) Recover(RigOptions options)
    {
        var fio = RigOptions.Fio();
        var size = options.Size ?? RecoverySize;
        var lun = Fio.Lun(ClusterServer.Url);
        using var cluster = ClusterServer.Create(options.Folder, DiskFor(size), size, disks: 2);
        fio.Fill(lun, size);

        // Unmeasured: the programs compile their hot paths while they run.
        fio.Measure(lun, size, Load, 3, null);
        var peak = fio.Measure(lun, size, Load, options.Seconds, null);
        var rate = (int)(peak.PerSecond / 2);
        var quiet = Hold(fio, lun, size, rate, () => Thread.Sleep(options.Seconds * 2000));

        cluster.Command("dev", "kill", "node2");
        File.Delete(Path.Combine(cluster.DataFolder, "node2", "disk1.uss"));
        cluster.Command("dev", "start", "node2");

        // Unmeasured: the new process compiles, and the node's other disk gets what it missed. A disk that is lost takes no process with it.
        fio.Measure(lun, size, Load, 3, null);
        Hold(fio, lun, size, rate, () => Thread.Sleep(options.Seconds * 1000));
        var before = Copied(cluster);
        using var load = fio.Hold(lun, size, Load, rate);
        var clock = Stopwatch.StartNew();
        cluster.Command(
            "disk", "replace", "node2/disk1", Path.Combine(cluster.DataFolder, "node2", "disk2.uss"), "--size", DiskFor(size), "--no-wait",
            "--confirm", "node2/disk1");
        cluster.AwaitCopies();
        var seconds = clock.Elapsed.TotalSeconds;
        var recovery = Told(load);
        var copied = Copied(cluster) - before;
        var after = Hold(fio, lun, size, rate, () => Thread.Sleep(options.Seconds * 2000));

        var ratio = recovery.P99Us / quiet.P99Us;
        return (
            [
                ["written in full before", size, "", ""],
                ["peak of the clients, writes per second", Report.Figure(peak.PerSecond, 0), "", ""],
                ["half of it", Report.Figure(rate, 0), "", ""],
                ["reached in quiet time / during the recovery", $"{quiet.PerSecond:F0} / {recovery.PerSecond:F0}", "", ""],
                ["p50 / p99 / longest in quiet time, ms", Latencies(quiet), "", ""],
                ["the same during the recovery", Latencies(recovery), "", ""],
                ["the same in quiet time after it", Latencies(after), "", ""],
                ["p99 during the recovery : p99 before it", Report.Figure(ratio, 2), "<= 2", ratio <= RecoveryBar ? "met" : "missed"],
                ["blocks copied", Report.Figure(copied, 0), "", ""],
                ["seconds until all groups have all copies", Report.Figure(seconds, 1), "", ""],
                ["recovery, MB/s", Report.Figure(copied * BlockBytes / seconds / 1e6, 1), "", ""],
            ],
            ratio <= RecoveryBar);
    }

    private static FioResult Hold(Fio fio, string[] target, string size, int rate, Action meanwhile)
    {
        using var load = fio.Hold(target, size, Load, rate);
        meanwhile();
        return Told(load);
    }

    private static FioResult Told(FioLoad load)
    {
        var result = load.Finish();
        Console.WriteLine($"{result.PerSecond:F0} writes/s, p50 / p99 / longest {Latencies(result)} ms");
        return result;
    }

    private static long Copied(ClusterServer cluster) => Enumerable.Range(1, 3).Sum(node => cluster.Figures(node).BlocksResynced);

    private static string Latencies(FioResult result) =>
        string.Create(CultureInfo.InvariantCulture, $"{result.MedianUs / 1000:F2} / {result.P99Us / 1000:F2} / {result.LongestMs:F0}");

    // Room for everything twice: what was written at random lies beside what it replaces until that is free.
    private static string DiskFor(string size) =>
        string.Create(CultureInfo.InvariantCulture, $"{((RigOptions.Bytes(size) * 3 / 2) >> 30) + 6}G");
}
