using Uss.Benchmarks.Placement;
using Uss.Benchmarks.Replication;
using Uss.Benchmarks.Rig;
using Uss.Benchmarks.Rig.Nfs;
using Uss.Benchmarks.Store;
using Uss.Benchmarks.Volumes;

namespace Uss.Benchmarks;

/// <summary>One benchmark: gets its own command line, prints what it measures, returns the exit status.</summary>
public delegate Task<int> Benchmark(string[] arguments);

/// <summary>All benchmarks by name, as <c>uss bench NAME</c> runs them. The rungs of the ladder are in docs/benchmarks.md.</summary>
public static class BenchmarkProgram
{
    /// <summary>Exit status for a command line that names no benchmark or has a bad option.</summary>
    public const int BadUsage = 2;

    /// <summary>What each name runs. A room adds a line for each of its own.</summary>
    private static readonly SortedDictionary<string, (string Summary, Benchmark Run)> Benchmarks = new(StringComparer.Ordinal)
    {
        ["blocks"] = ("three nodes on this machine, without the iSCSI hop: CPU and IOPS (--quick, --help)", BlockBenchmark.RunAsync),
        ["cluster"] = ("three nodes on this machine: CPU, IOPS and stalls over iSCSI (--quick, --help)", ClusterBenchmark.RunAsync),
        ["files"] = ("resident memory of a file system with many files (--files, --help)", FilesBenchmark.RunAsync),
        ["iscsi"] = ("a volume over iSCSI, beside tgt and the raw file (also: --quick, --help)", IscsiBenchmark.RunAsync),
        ["nfs"] = ("a file system over NFS, beside nfs-ganesha (also: --quick, --help)", NfsBenchmark.RunAsync),
        ["memory"] = ("resident memory with 2 M blocks at random over 1 TiB", RecoveryBenchmark.RunMemoryAsync),
        ["placement"] = ("balance, movement and time of placement maps, 10 to 10,000 disks (--quick, --help)", PlacementBenchmark.RunAsync),
        ["recovery"] = ("time to ready after SIGKILL with 1 M blocks written at random", RecoveryBenchmark.RunRecoveryAsync),
        ["resync"] = ("three nodes: what a return copies, and clients during a recovery (--cases rejoin,recovery, --help)", ResyncBenchmark.RunAsync),
        ["rpc"] = ("calls between two reactors over loopback (--quick, --tls)", RpcBenchmark.RunAsync),
        ["store"] = ("one store on a sparse file: durable writes, reads, recovery (--bars, --help)", StoreBenchmark.RunAsync),
        ["volumes"] = ("the block layer on one node, one copy and two (--quick, --help)", VolumeBenchmark.RunAsync),
    };

    /// <summary>Runs the benchmark that the first argument names with the rest of the arguments.</summary>
    /// <returns>The exit status: 0 when it ran, and when every bar that it checks is met if it was asked to check them.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is [var name, .. var rest] && Benchmarks.TryGetValue(name, out var benchmark))
            return await benchmark.Run(rest);
        Console.Error.WriteLine("usage: uss bench NAME [OPTION...]; the names are:");
        foreach (var (known, (summary, _)) in Benchmarks)
            Console.Error.WriteLine($"  {known,-12} {summary}");
        return BadUsage;
    }
}
