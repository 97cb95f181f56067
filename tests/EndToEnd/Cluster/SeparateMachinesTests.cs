using System.Text.Json;
using Uss.EndToEnd.Crashes;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>
/// docs/guides/three-machines.md with the real program: a cluster is made with <c>uss cluster init</c> and grows by two
/// machines that join with tokens. All of them are on this one, at addresses of their own.
/// </summary>
[TestFixture]
public sealed class SeparateMachinesTests : EndToEndTest
{
    private const int TestLimit = 240_000;
    private const string Etcd = "http://127.0.0.1:2379";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly List<SandboxProgram> _programs = [];

    [TearDown]
    public void EndPrograms()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed)
            TestContext.Out.WriteLine(new ClusterHealth(Sandbox, Folder["data"]).LastWords());
        foreach (var program in _programs)
            program.Dispose();
        _programs.Clear();
    }

    [Test]
    [CancelAfter(TestLimit)]
    public void Three_machines_become_a_cluster()
    {
        Directory.CreateDirectory(Folder["data"]);
        _programs.Add(Sandbox.Start(
            "etcd", ["--data-dir", Folder["etcd"], "--listen-client-urls", Etcd, "--advertise-client-urls", Etcd, "--log-level", "error"]));
        var made = Uss("cluster", "init", "--name", "n1", "--data", DataOf(1), "--listen", "127.0.0.1:7400").Succeeded();
        Assert.That(made, Does.Contain("uss node --data").And.Contain("etcd --name n1").And.Contain("uss cluster token"));
        foreach (var file in (string[])["cluster.json", "node.json"])
        {
            Assert.That(
                File.GetUnixFileMode(Path.Combine(DataOf(1), file)), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite), file);
        }

        var key = JsonDocument.Parse(File.ReadAllText(Path.Combine(DataOf(1), "cluster.json"))).RootElement.GetProperty("key").GetString()!;
        Refused(5, "already", "cluster", "init", "--name", "n1", "--data", DataOf(1), "--listen", "127.0.0.1:7400");
        StartNode(1);

        var tokens = Enumerable.Range(2, 2).Select(_ => Token()).ToList();
        for (var index = 2; index <= 3; index++)
        {
            Uss(
                "cluster", "join", tokens[index - 2], "--name", $"n{index}", "--data", DataOf(index), "--listen", $"127.0.0.{index}:7400").Succeeded();
            StartNode(index);
        }

        // What cannot be: a used token, a mistyped one, one of another cluster, a name that is taken, no such node.
        Refused(5, "used already: node n2 joined", "cluster", "join", tokens[0], "--name", "n4", "--data", DataOf(4), "--listen", "127.0.0.4:7400");
        var fresh = Token();
        Refused(2, "checksum", "cluster", "join", Mistype(fresh), "--name", "n4", "--data", DataOf(4), "--listen", "127.0.0.4:7400");
        Refused(5, "node of this name", "cluster", "join", fresh, "--name", "n2", "--data", DataOf(4), "--listen", "127.0.0.4:7400");
        Refused(5, "has this address", "cluster", "join", fresh, "--name", "n4", "--data", DataOf(4), "--listen", "127.0.0.2:7400");
        Refused(5, "already", "cluster", "join", fresh, "--name", "n4", "--data", DataOf(2), "--listen", "127.0.0.4:7400");
        Refused(2, "not set up", "node", "--data", DataOf(4));
        Refused(2, "cannot reach", "cluster", "join", fresh, "--name", "n4", "--data", DataOf(4), "--listen", "0.0.0.0:7400");

        UseVolume();

        // Nobody who looks at the store or the logs learns a secret.
        var records = Sandbox.Run(Limit, "etcdctl", "--endpoints", Etcd, "get", "/uss/", "--prefix").Succeeded();
        var logs = Sandbox.Shell(Limit, $"cat {Folder["data"]}/node*/log/*.log").Output;
        Assert.That(records, Does.Contain("/uss/tokens/").And.Contain("usedBy"));
        foreach (var secret in (string[])[key, tokens[0][4..], fresh[4..]])
            Assert.That(records + logs, Does.Not.Contain(secret));

        // A machine that is started anew knows itself; one of an older incarnation is told so.
        Kill(3);
        StartNode(3);
        new ClusterHealth(Sandbox, Folder["data"]).Await(Limit);
        ExpectIncarnations(fresh);
    }

    // n3 is lost, another machine takes its name, then the lost one comes back.
    private void ExpectIncarnations(string token)
    {
        Kill(3);
        Eventually(() => Uss("node", "ls", "--data", DataOf(1)).Output.Split('\n').Any(line => line.Contains("n3") && line.Contains("down")));
        Uss("cluster", "join", token, "--name", "n3", "--data", DataOf(4), "--listen", "127.0.0.3:7400").Succeeded();
        Refused(1, "older incarnation", "node", "--data", DataOf(3));

        // A node of another cluster finds that the store is taken.
        Uss("cluster", "init", "--name", "x1", "--data", DataOf(5), "--listen", "127.0.0.5:7400", "--etcd", Etcd).Succeeded();
        Refused(5, "holds the state of cluster", "node", "--data", DataOf(5));
    }

    private void UseVolume()
    {
        Uss("volume", "create", "v1", "--size", "1G", "--copies", "3", "--data", DataOf(2)).Succeeded();
        Uss("lun", "map", "v1", "--lun", "0", "--data", DataOf(3)).Succeeded();
        new ClusterHealth(Sandbox, Folder["data"]).Await(Limit);
        var nodes = JsonDocument.Parse(Uss("node", "ls", "-o", "json", "--data", DataOf(1)).Succeeded()).RootElement.EnumerateArray().ToList();
        Assert.That(nodes.Select(node => node.GetProperty("state").GetString()), Is.EqualTo(["up", "up", "up"]));
        var load = new StampedLoad(Sandbox, () => ClusterProgram.Portals, 0, 1L << 28, Random.Shared.Next()) { CommandLimitSeconds = 20 };
        load.Start();
        load.ProgressOfEach(50, Limit);
        load.Stop();
        foreach (var portal in ClusterProgram.Portals)
            load.Verify(portal);
    }

    private string Token() => JsonDocument.Parse(
        Uss("cluster", "token", "--expires", "10m", "-o", "json", "--data", DataOf(1)).Succeeded()).RootElement.GetProperty("token").GetString()!;

    private static string Mistype(string token) => token[..20] + (token[20] == 'x' ? 'y' : 'x') + token[21..];

    // As ClusterHealth names them.
    private string DataOf(int index) => Path.Combine(Folder["data"], $"node{index}");

    private void StartNode(int index)
    {
        var ready = new TaskCompletionSource();
        var program = Sandbox.Start(
            Repository.Program,
            ["node", "--data", DataOf(index), "--disks", "1", "--disk-size", "4G"],
            line =>
            {
                if (line.StartsWith("ready", StringComparison.Ordinal))
                    ready.TrySetResult();
            });
        _programs.Add(program);
        Eventually(() => ready.Task.IsCompleted || program.HasExited);
        Assert.That(ready.Task.IsCompleted, $"node {index} does not start:\n{program.Tail(20)}");
    }

    private void Kill(int index) => Sandbox.Shell(Limit, $"kill -KILL $(cat {DataOf(index)}/uss.pid); rm {DataOf(index)}/uss.pid").Succeeded();

    private static void Eventually(Func<bool> condition)
    {
        for (var i = 0; i < 600; i++)
        {
            if (condition())
                return;
            Thread.Sleep(100);
        }

        Assert.Fail("it did not happen");
    }

    private ProgramResult Uss(params string[] arguments)
    {
        using var running = Sandbox.Start(Repository.Program, arguments);
        return running.WaitForExit(Limit) with { Program = "uss " + string.Join(' ', arguments) };
    }

    private void Refused(int exitCode, string named, params string[] arguments)
    {
        var result = Uss(arguments);
        Assert.That(result.ExitCode, Is.EqualTo(exitCode), $"{result.Program}: {result.Output}");
        Assert.That(result.Output, Does.Contain(named).And.Contain("fix: "));
    }
}
