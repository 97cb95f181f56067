using System.Diagnostics;
using System.Text.Json;

namespace Uss.Benchmarks.Rig;

/// <summary><c>uss serve --nodes 3</c> on a fresh data folder, with one disk file a node and one volume of three copies.</summary>
internal sealed class ClusterServer : IDisposable
{
    private const string Target = "iqn.2026-11.local.uss:default";
    private const int Port = 23270;
    private const int Nodes = 3;

    private readonly string _data;
    private readonly Process _process;

    private ClusterServer(string data, Process process)
    {
        _data = data;
        _process = process;
    }

    public static string Url => $"iscsi://127.0.0.1:{Port}/{Target}/1";

    /// <summary>Where the cluster's files are.</summary>
    public string DataFolder => _data;

    /// <summary>The nodes and etcd: everything that serves.</summary>
    public IReadOnlyList<int> Processes
    {
        get
        {
            using var nodes = JsonDocument.Parse(Command("dev", "ls", "-o", "json"));
            return [.. nodes.RootElement.EnumerateArray().Select(node => node.GetProperty("processId").GetInt32())];
        }
    }

    /// <summary>The figures of a node, while it runs.</summary>
    public NodeFigures Figures(int node) => NodeFigures.Of(Path.Combine(_data, $"node{node}"));

    /// <summary>Starts the cluster with a volume as LUN 1.</summary>
    public static ClusterServer Create(string folder, string diskSize, string volumeSize, int disks = 1)
    {
        var data = Path.Combine(folder, "cluster");
        if (Directory.Exists(data))
            Directory.Delete(data, recursive: true);
        using var ready = new ManualResetEventSlim();
        var process = ToolProcess.Start(
            UssServer.Program,
            [
                "serve", "--nodes", $"{Nodes}", "--data", data, "--iscsi", $"127.0.0.1:{Port}", "--nfs", "none",
                "--disks", $"{disks}", "--disk-size", diskSize,
            ],
            line =>
            {
                if (line.StartsWith("ready", StringComparison.Ordinal))
                    ready.Set();
            });
        if (!ready.Wait(TimeSpan.FromMinutes(2)))
            throw new BenchmarkException("uss serve --nodes 3 does not get ready");
        var server = new ClusterServer(data, process);
        server.Command("volume", "create", "bench", "--size", volumeSize);
        server.Command("lun", "map", "bench", "--lun", "1");
        server.AwaitHealth();
        return server;
    }

    /// <summary>Waits until all groups have all copies, without work for the machine that a measurement would notice.</summary>
    public void AwaitCopies()
    {
        var clock = Stopwatch.StartNew();
        while (!Figures(1).IsHealthy)
        {
            if (clock.Elapsed > TimeSpan.FromMinutes(12))
                throw new BenchmarkException("the groups do not get all their copies again");
            Thread.Sleep(100);
        }
    }

    /// <summary>Runs a command of <c>uss</c> against the cluster.</summary>
    public string Command(params string[] arguments) =>
        ToolProcess.Run(TimeSpan.FromMinutes(1), UssServer.Program, arguments, ("USS_DATA", _data));

    /// <summary>Waits until all copies are there, and says how long that took.</summary>
    public TimeSpan AwaitHealth()
    {
        var clock = Stopwatch.StartNew();
        while (Command("volume", "show", "bench", "-o", "json").Contains("healthy", StringComparison.Ordinal) is false)
        {
            if (clock.Elapsed > TimeSpan.FromMinutes(3))
                throw new BenchmarkException("the volume does not become healthy again");
            Thread.Sleep(100);
        }

        return clock.Elapsed;
    }

    public void Dispose()
    {
        // The nodes end with their supervisor.
        ToolProcess.Kill(_process);
        Thread.Sleep(500);
        Directory.Delete(_data, recursive: true);
    }
}
