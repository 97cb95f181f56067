using System.Text.Json;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>
/// The supervisor of a cluster on one machine with its real etcd. The nodes are stand-ins: what they do is not its matter.
/// </summary>
[TestFixture]
public sealed class LocalClusterTests : EndToEndTest
{
    private const int Limit = 180_000;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    private string Data => Folder["data"];

    [Test]
    [CancelAfter(Limit)]
    public void A_cluster_serves_and_stops_as_a_whole()
    {
        using var cluster = Start(out var ready, "--nodes", "3", "--disks", "4");
        Assert.That(ready, Does.Contain("127.0.0.1:3260, 127.0.0.2:3260, 127.0.0.3:3260").And.Contain("3 of 3 nodes"));
        Assert.That(
            File.ReadAllText(Path.Combine(Data, "node2", "line")),
            Is.EqualTo(
                $"node --data {Data}/node2 --name node2 --etcd http://127.0.0.1:2379 --cluster {Data}/cluster.json "
                + "--listen 127.0.0.2:7400 --iscsi 127.0.0.2:3260 --nfs none "
                + "--service-address 127.0.0.2:2049 --demo-copies 3 --disk-size 21474836480 --disks 4\n"));
        var identity = Path.Combine(Data, "cluster.json");
        Assert.That(File.GetUnixFileMode(identity), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        var document = JsonDocument.Parse(File.ReadAllText(identity)).RootElement;
        Assert.That(document.GetProperty("id").GetGuid(), Is.Not.EqualTo(Guid.Empty));
        Assert.That(document.GetProperty("key").GetBytesFromBase64(), Has.Length.EqualTo(32));
        Assert.That(States(), Is.EqualTo(["node1 ready", "node2 ready", "node3 ready", "etcd ready", "web ready"]));

        cluster.Signal(NativeMethods.SignalTerminate);
        var result = cluster.WaitForExit(StopLimit);
        Assert.That(result.ExitCode, Is.Zero, result.Output);
        ExpectNothingLeft();

        // The same cluster again, though nobody says how many nodes it has.
        using var again = Start(out ready);
        Assert.That(ready, Does.Contain("3 of 3 nodes"));
        Assert.That(JsonDocument.Parse(File.ReadAllText(identity)).RootElement.GetProperty("id").GetGuid(), Is.EqualTo(document.GetProperty("id").GetGuid()));
        again.Signal(NativeMethods.SignalTerminate);
        again.WaitForExit(StopLimit).Succeeded();
        var refused = Uss("serve", "--nodes", "5", "--data", Data);
        Assert.That(refused.ExitCode, Is.EqualTo(5), refused.Output);
        Assert.That(refused.Output, Does.Contain("3 nodes"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void Nodes_are_killed_frozen_stopped_and_started()
    {
        using var cluster = Start(out _, "--nodes", "3");
        Dev("kill", "node1").Succeeded();
        Assert.That(States()[0], Is.EqualTo("node1 down"));
        ExpectRefusal(5, "not running", "kill", "1");
        ExpectRefusal(5, "not running", "freeze", "node1");
        Dev("start", "1").Succeeded();
        ExpectRefusal(5, "running already", "start", "node1");

        Dev("freeze", "node2").Succeeded();
        Assert.That(States()[1], Is.EqualTo("node2 frozen"));
        Assert.That(ProcessState("node2"), Is.EqualTo('T'));
        ExpectRefusal(5, "frozen already", "freeze", "node2");
        ExpectRefusal(5, "frozen", "stop", "node2");
        Dev("thaw", "node2").Succeeded();
        Assert.That(ProcessState("node2"), Is.Not.EqualTo('T'));
        ExpectRefusal(5, "not frozen", "thaw", "node2");

        Dev("stop", "node3").Succeeded();
        Assert.That(Path.Combine(Data, "node3", "uss.pid"), Does.Not.Exist);
        Dev("kill", "etcd").Succeeded();
        Assert.That(States(), Is.EqualTo(["node1 ready", "node2 ready", "node3 down", "etcd down", "web ready"]));
        Dev("start", "etcd").Succeeded();
        Dev("start", "node3").Succeeded();
        ExpectRefusal(4, "node4", "kill", "node4");
        Assert.That(States(), Is.EqualTo(["node1 ready", "node2 ready", "node3 ready", "etcd ready", "web ready"]));

        // One that dies by itself is reported and stays down.
        Sandbox.Shell(StopLimit, $"kill -KILL $(cat {Data}/node1/uss.pid)").Succeeded();
        Eventually(() => cluster.Output.Contains("node1 has ended by itself with 137", StringComparison.Ordinal));
        Assert.That(States()[0], Is.EqualTo("node1 down"));

        // Frozen or down, they all end with the cluster.
        Dev("freeze", "node2").Succeeded();
        cluster.Signal(NativeMethods.SignalTerminate);
        cluster.WaitForExit(StopLimit).Succeeded();
        ExpectNothingLeft();
        ExpectRefusal(3, Data, "kill", "node1");
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_killed_supervisor_leaves_no_process_behind()
    {
        using var cluster = Start(out _, "--nodes", "3");
        Assert.That(Children(), Has.Length.EqualTo(5));
        cluster.Kill();
        Eventually(() => Children().Length == 0);
        ExpectRefusal(3, Data, "ls");
        using var again = Start(out var ready);
        Assert.That(ready, Does.Contain("3 of 3 nodes"));
        ExpectEnd(again);
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_new_cluster_needs_all_nodes_and_an_old_one_most_of_them()
    {
        Directory.CreateDirectory(Data);
        File.WriteAllText(Path.Combine(Data, "node3.refuses"), "");
        var refused = Uss("serve", "--nodes", "3", "--data", Data);
        Assert.That(refused.ExitCode, Is.EqualTo(1), refused.Output);
        Assert.That(refused.Output, Does.Contain("error: node3 has ended: error: node3 refuses"));
        ExpectNothingLeft();

        File.Delete(Path.Combine(Data, "node3.refuses"));
        using (var whole = Start(out _, "--nodes", "3"))
            ExpectEnd(whole);
        File.WriteAllText(Path.Combine(Data, "node3.refuses"), "");
        using var most = Start(out var ready);
        Assert.That(ready, Does.Contain("2 of 3 nodes, without node3"));
        ExpectRefusal(1, "node3 refuses", "start", "node3");
        File.Delete(Path.Combine(Data, "node3.refuses"));
        Dev("start", "node3").Succeeded();
        ExpectEnd(most);
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_node_that_does_not_stop_is_killed()
    {
        Directory.CreateDirectory(Data);
        File.WriteAllText(Path.Combine(Data, "node1.deaf"), "");
        using var cluster = Start(out _, "--nodes", "2");
        ExpectRefusal(1, "was killed", "stop", "node1");
        Dev("start", "node1").Succeeded();
        ExpectEnd(cluster);
        Assert.That(cluster.Output, Does.Contain("did not stop in time"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void Ports_of_etcd_that_are_taken_are_replaced_and_remembered()
    {
        using (var other = Sandbox.Start("bash", ["-c", "exec 3<>/dev/null; exec etcd --data-dir /run/other"]))
        {
            Eventually(() => Sandbox.Run(StopLimit, "etcdctl", "--endpoints=127.0.0.1:2379", "get", "x").ExitCode == 0);
            using var cluster = Start(out _, "--nodes", "2");
            ExpectEnd(cluster, exceptFor: 1);
            other.Kill();
        }

        var layout = File.ReadAllText(Path.Combine(Data, "layout.json"));
        var port = JsonDocument.Parse(layout).RootElement.GetProperty("etcdPort").GetInt32();
        Assert.That(port, Is.Not.EqualTo(2379));
        using var again = Start(out _);
        Assert.That(File.ReadAllText(Path.Combine(Data, "layout.json")), Is.EqualTo(layout));
        Assert.That(File.ReadAllText(Path.Combine(Data, "node1", "line")), Does.Contain($"--etcd http://127.0.0.1:{port} "));
        ExpectEnd(again);
    }

    private static void Eventually(Func<bool> condition)
    {
        for (var i = 0; i < 600; i++)
        {
            if (condition())
                return;
            Thread.Sleep(50);
        }

        Assert.Fail("it did not happen");
    }

    private SandboxProgram Start(out string ready, params string[] options)
    {
        var line = new TaskCompletionSource<string>();
        var program = Sandbox.Start(
            Repository.Program,
            ["serve", "--data", Data, .. options],
            text =>
            {
                if (text.StartsWith("ready", StringComparison.Ordinal))
                    line.TrySetResult(text);
            },
            Stub);
        Eventually(() => line.Task.IsCompleted || program.HasExited);
        if (!line.Task.IsCompleted)
            Assert.Fail($"the cluster does not start:\n{program.Tail(40)}");
        ready = line.Task.Result;
        return program;
    }

    private void ExpectEnd(SandboxProgram cluster, int exceptFor = 0)
    {
        cluster.Signal(NativeMethods.SignalTerminate);
        cluster.WaitForExit(StopLimit).Succeeded();
        Assert.That(Children(), Has.Length.EqualTo(exceptFor));
    }

    private static Dictionary<string, string> Stub => new()
    {
        ["USS_NODE_PROGRAM"] = Path.Combine(Repository.Root, "tests", "EndToEnd", "Cluster", "node-stub.sh"),
    };

    private ProgramResult Uss(params string[] arguments)
    {
        using var running = Sandbox.Start(Repository.Program, arguments, environment: Stub);
        return running.WaitForExit(TimeSpan.FromSeconds(60)) with { Program = "uss " + string.Join(' ', arguments) };
    }

    private ProgramResult Dev(params string[] arguments) => Uss(["dev", .. arguments, "--data", Data]);

    private void ExpectRefusal(int exitCode, string named, params string[] arguments)
    {
        var result = Dev(arguments);
        Assert.That(result.ExitCode, Is.EqualTo(exitCode), $"{result.Program}: {result.Output}");
        Assert.That(result.Output, Does.Contain(named).And.Contain("fix: "));
    }

    private List<string> States() =>
    [
        .. JsonDocument.Parse(Dev("ls", "-o", "json").Succeeded()).RootElement.EnumerateArray()
            .Select(node => $"{node.GetProperty("name").GetString()} {node.GetProperty("state").GetString()}"),
    ];

    private char ProcessState(string node) => Sandbox.Shell(
        StopLimit, $"ps -o state= -p $(cat {Data}/{node}/uss.pid)").Succeeded().Trim()[0];

    // Nodes and etcd that run in the sandbox, and the programs that carry them.
    private string[] Children() => Sandbox.Shell(StopLimit, "ps -eo args= | grep -E '(^|/)(etcd|bash .*node-stub.sh|setsid|setpriv) ' | grep -v grep || true")
        .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private void ExpectNothingLeft() => Assert.That(Children(), Is.Empty);
}
