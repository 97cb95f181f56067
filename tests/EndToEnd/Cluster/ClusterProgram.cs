using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>The built program, running as <c>uss serve --nodes N</c> in a sandbox, with real nodes and a real etcd.</summary>
internal sealed class ClusterProgram : IDisposable
{
    /// <summary>Nodes of a cluster when nothing else is asked for.</summary>
    public const int NodeCount = 3;

    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(60);

    private readonly Sandbox _sandbox;
    private readonly SandboxProgram _program;

    private ClusterProgram(Sandbox sandbox, string dataFolder, int nodes, SandboxProgram program)
    {
        Nodes = nodes;
        _sandbox = sandbox;
        DataFolder = dataFolder;
        _program = program;
    }

    /// <summary>Folder given as <c>--data</c>.</summary>
    public string DataFolder { get; }

    /// <summary>Portals of the nodes of a cluster of the usual size, in their order.</summary>
    public static IReadOnlyList<string> Portals { get; } = PortalsOf(NodeCount);

    /// <summary>Nodes that are members: the first ones, when the last was removed.</summary>
    public int Nodes { get; set; }

    /// <summary>Portals of the first nodes, in their order.</summary>
    public static IReadOnlyList<string> PortalsOf(int nodes) => [.. Enumerable.Range(1, nodes).Select(index => $"127.0.0.{index}:3260")];

    /// <summary>Starts a cluster and waits until it serves.</summary>
    /// <param name="sandbox">Where it runs.</param>
    /// <param name="dataFolder">Its data folder.</param>
    /// <param name="nodes">How many nodes.</param>
    /// <param name="options">More options of <c>uss serve</c>.</param>
    public static ClusterProgram Start(Sandbox sandbox, string dataFolder, int nodes = NodeCount, params IEnumerable<string> options)
    {
        var ready = new TaskCompletionSource();
        var program = sandbox.Start(
            Repository.Program,
            ["serve", "--nodes", $"{nodes}", "--data", dataFolder, "--disks", "1", "--disk-size", "8G", .. options],
            line =>
            {
                if (line.StartsWith("ready", StringComparison.Ordinal))
                    ready.TrySetResult();
            });
        for (var i = 0; i < 1200 && !ready.Task.IsCompleted && !program.HasExited; i++)
            Thread.Sleep(50);
        if (!ready.Task.IsCompleted)
            Assert.Fail($"the cluster does not start:\n{program.Tail(40)}");
        return new ClusterProgram(sandbox, dataFolder, nodes, program);
    }

    /// <summary>Does what <c>uss dev</c> does.</summary>
    public void Dev(string verb, string member) => Uss("dev", verb, member, "--data", DataFolder).Succeeded();

    /// <summary>Kills all nodes at once, etcd excepted.</summary>
    public void KillAllNodes()
    {
        var files = string.Join(' ', Enumerable.Range(1, Nodes).Select(index => Path.Combine(FolderOf(index), "uss.pid")));
        _sandbox.Shell(CommandLimit, $"kill -KILL $(cat {files})").Succeeded();
    }

    /// <summary>Data folder of a node.</summary>
    /// <param name="index">From 1.</param>
    public string FolderOf(int index) => Path.Combine(DataFolder, $"node{index}");

    /// <inheritdoc cref="ClusterHealth.Await"/>
    public TimeSpan AwaitHealthy(TimeSpan limit) => new ClusterHealth(_sandbox, DataFolder, Nodes).Await(limit);

    /// <summary>Stops everything in good order.</summary>
    public void Stop()
    {
        _program.Signal(NativeMethods.SignalTerminate);
        _program.WaitForExit(TimeSpan.FromSeconds(30)).Succeeded();
    }

    /// <inheritdoc cref="ClusterHealth.LastWords"/>
    public string LastWords() => new ClusterHealth(_sandbox, DataFolder, Nodes).LastWords();

    public void Dispose() => _program.Dispose();

    /// <summary>Runs a command of the program at a node.</summary>
    /// <param name="node">From 1.</param>
    /// <param name="arguments">The command line.</param>
    public ProgramResult At(int node, params IEnumerable<string> arguments) => Uss([.. arguments, "--data", FolderOf(node)]);

    /// <summary>Runs a command of the program.</summary>
    public ProgramResult Uss(params IEnumerable<string> arguments)
    {
        using var running = _sandbox.Start(Repository.Program, arguments);
        return running.WaitForExit(CommandLimit) with { Program = "uss " + string.Join(' ', arguments) };
    }
}
