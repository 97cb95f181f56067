using System.Text.Json;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>
/// Machines of a cluster, each a process of the real program with a data folder and an address of its own, set up with
/// <c>uss cluster init</c> and <c>join</c>; etcd's members run beside them.
/// </summary>
/// <param name="sandbox">Where they run.</param>
/// <param name="folder">Their data folders, named as <see cref="ClusterHealth"/> expects.</param>
internal sealed class Machines(Sandbox sandbox, string folder) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly List<SandboxProgram> _programs = [];
    private readonly Dictionary<int, SandboxProgram> _etcd = [];

    /// <summary>Client URL of a member of etcd.</summary>
    public static string UrlOf(int member) => $"http://127.0.0.{member}:2379";

    /// <summary>Where a machine's node listens.</summary>
    public static string ListenOf(int index) => $"127.0.0.{index}:7400";

    /// <summary>Data folder of a machine.</summary>
    public string DataOf(int index) => Path.Combine(folder, $"node{index}");

    /// <summary>Starts a member of etcd, for the first time or again.</summary>
    /// <param name="member">From 1.</param>
    /// <param name="members">How many there are in all.</param>
    public void StartEtcd(int member, int members)
    {
        var all = string.Join(',', Enumerable.Range(1, members).Select(index => $"e{index}={PeerOf(index)}"));
        _etcd[member] = sandbox.Start(
            "etcd",
            [
                "--name", $"e{member}", "--data-dir", Path.Combine(folder, $"etcd{member}"),
                "--listen-client-urls", UrlOf(member), "--advertise-client-urls", UrlOf(member),
                "--listen-peer-urls", PeerOf(member), "--initial-advertise-peer-urls", PeerOf(member),
                "--initial-cluster", all, "--experimental-watch-progress-notify-interval", "2s", "--log-level", "error",
            ]);
        _programs.Add(_etcd[member]);
    }

    /// <summary>Kills a member of etcd.</summary>
    public void KillEtcd(int member) => _etcd[member].Kill();

    /// <summary>Makes the cluster on machine 1 and lets the others join; all of them serve then.</summary>
    public void Form(int machines, string etcd)
    {
        Uss("cluster", "init", "--name", "n1", "--data", DataOf(1), "--listen", ListenOf(1), "--etcd", etcd).Succeeded();
        StartNode(1);
        for (var index = 2; index <= machines; index++)
        {
            Uss("cluster", "join", Token(), "--name", $"n{index}", "--data", DataOf(index), "--listen", ListenOf(index)).Succeeded();
            StartNode(index);
        }
    }

    /// <summary>A token to join with.</summary>
    public string Token()
    {
        var made = Uss("cluster", "token", "--expires", "10m", "-o", "json", "--data", DataOf(1)).Succeeded();
        return JsonDocument.Parse(made).RootElement.GetProperty("token").GetString()!;
    }

    /// <summary>Starts a machine's node and waits until it serves.</summary>
    public void StartNode(int index)
    {
        var ready = new TaskCompletionSource();
        var program = sandbox.Start(
            Repository.Program,
            ["node", "--data", DataOf(index), "--disks", "1", "--disk-size", "4G"],
            line =>
            {
                if (line.StartsWith("ready", StringComparison.Ordinal))
                    ready.TrySetResult();
            });
        _programs.Add(program);
        for (var i = 0; i < 600 && !ready.Task.IsCompleted && !program.HasExited; i++)
            Thread.Sleep(100);
        Assert.That(ready.Task.IsCompleted, $"node {index} does not start:\n{program.Tail(20)}");
    }

    /// <summary>Kills a machine's node.</summary>
    public void KillNode(int index) =>
        sandbox.Shell(Limit, $"kill -KILL $(cat {DataOf(index)}/uss.pid); rm {DataOf(index)}/uss.pid").Succeeded();

    /// <summary>Makes a volume with a copy on each of three machines, as LUN 0.</summary>
    public void MakeVolume()
    {
        Uss("volume", "create", "v1", "--size", "1G", "--copies", "3", "--data", DataOf(2)).Succeeded();
        Uss("lun", "map", "v1", "--lun", "0", "--data", DataOf(3)).Succeeded();
        new ClusterHealth(sandbox, folder).Await(Limit);
    }

    /// <summary>Runs a command.</summary>
    public ProgramResult Uss(params string[] arguments)
    {
        using var running = sandbox.Start(Repository.Program, arguments);
        return running.WaitForExit(Limit) with { Program = "uss " + string.Join(' ', arguments) };
    }

    /// <inheritdoc/>
    public void Dispose() => _programs.ForEach(program => program.Dispose());

    private static string PeerOf(int member) => $"http://127.0.0.{member}:2380";
}
