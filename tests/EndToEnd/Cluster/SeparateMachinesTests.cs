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
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private Machines _machines = null!;

    [TearDown]
    public void EndPrograms()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed)
            TestContext.Out.WriteLine(new ClusterHealth(Sandbox, Folder["data"]).LastWords());
        _machines.Dispose();
    }

    [Test]
    [CancelAfter(TestLimit)]
    public void Three_machines_become_a_cluster()
    {
        Directory.CreateDirectory(Folder["data"]);
        _machines = new Machines(Sandbox, Folder["data"]);
        _machines.StartEtcd(1, members: 1);
        string[] init = ["cluster", "init", "--name", "n1", "--data", _machines.DataOf(1), "--listen", Machines.ListenOf(1)];
        var made = _machines.Uss(init).Succeeded();
        Assert.That(made, Does.Contain("uss node --data").And.Contain("etcd --name n1").And.Contain("uss cluster token"));
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        foreach (var file in (string[])["cluster.json", "node.json"])
            Assert.That(File.GetUnixFileMode(Path.Combine(_machines.DataOf(1), file)), Is.EqualTo(OwnerOnly), file);
        var identity = JsonDocument.Parse(File.ReadAllText(Path.Combine(_machines.DataOf(1), "cluster.json"))).RootElement;
        var key = identity.GetProperty("key").GetString()!;
        Refused(5, "already", init);
        _machines.StartNode(1);

        var tokens = Enumerable.Range(2, 2).Select(_ => _machines.Token()).ToList();
        for (var index = 2; index <= 3; index++)
        {
            _machines.Uss(Join(tokens[index - 2], $"n{index}", index, Machines.ListenOf(index))).Succeeded();
            _machines.StartNode(index);
        }

        // What cannot be: a used token, a mistyped one, one of another cluster, a name that is taken, no such node.
        Refused(5, "used already: node n2 joined", Join(tokens[0], "n4", 4, "127.0.0.4:7400"));
        var fresh = _machines.Token();
        Refused(2, "checksum", Join(Mistype(fresh), "n4", 4, "127.0.0.4:7400"));
        Refused(5, "node of this name", Join(fresh, "n2", 4, "127.0.0.4:7400"));
        Refused(5, "has this address", Join(fresh, "n4", 4, "127.0.0.2:7400"));
        Refused(5, "already", Join(fresh, "n4", 2, "127.0.0.4:7400"));
        Refused(2, "not set up", "node", "--data", _machines.DataOf(4));
        Refused(2, "cannot reach", Join(fresh, "n4", 4, "0.0.0.0:7400"));

        UseVolume();

        // Nobody who looks at the store or the logs learns a secret.
        var records = Sandbox.Run(Limit, "etcdctl", "--endpoints", Machines.UrlOf(1), "get", "/uss/", "--prefix").Succeeded();
        var logs = Sandbox.Shell(Limit, $"cat {Folder["data"]}/node*/log/*.log").Output;
        Assert.That(records, Does.Contain("/uss/tokens/").And.Contain("usedBy"));
        foreach (var secret in (string[])[key, tokens[0][4..], fresh[4..]])
            Assert.That(records + logs, Does.Not.Contain(secret));

        // A machine that is started anew knows itself; one of an older incarnation is told so.
        _machines.KillNode(3);
        _machines.StartNode(3);
        new ClusterHealth(Sandbox, Folder["data"]).Await(Limit);
        ExpectIncarnations(fresh);
    }

    // n3 is lost, another machine takes its name, then the lost one comes back.
    private void ExpectIncarnations(string token)
    {
        _machines.KillNode(3);
        Eventually(() => StatesOfNodes()[2] == "down");
        _machines.Uss(Join(token, "n3", 4, Machines.ListenOf(3))).Succeeded();
        Refused(1, "older incarnation", "node", "--data", _machines.DataOf(3));

        // A node of another cluster finds that the store is taken.
        string[] init = ["cluster", "init", "--name", "x1", "--data", _machines.DataOf(5), "--listen", Machines.ListenOf(5)];
        _machines.Uss([.. init, "--etcd", Machines.UrlOf(1)]).Succeeded();
        Refused(5, "holds the state of cluster", "node", "--data", _machines.DataOf(5));
    }

    private void UseVolume()
    {
        _machines.MakeVolume();
        Assert.That(StatesOfNodes(), Is.EqualTo(["up", "up", "up"]));
        var load = new StampedLoad(Sandbox, () => ClusterProgram.Portals, 0, 1L << 28, Random.Shared.Next()) { CommandLimitSeconds = 20 };
        load.Start();
        load.ProgressOfEach(50, Limit);
        load.Stop();
        foreach (var portal in ClusterProgram.Portals)
            load.Verify(portal);
    }

    private List<string?> StatesOfNodes()
    {
        var nodes = JsonDocument.Parse(_machines.Uss("node", "ls", "-o", "json", "--data", _machines.DataOf(1)).Succeeded()).RootElement;
        return [.. nodes.EnumerateArray().Select(node => node.GetProperty("state").GetString())];
    }

    private string[] Join(string token, string name, int index, string listen) =>
        ["cluster", "join", token, "--name", name, "--data", _machines.DataOf(index), "--listen", listen];

    private static string Mistype(string token) => token[..20] + (token[20] == 'x' ? 'y' : 'x') + token[21..];

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

    private void Refused(int exitCode, string named, params string[] arguments)
    {
        var result = _machines.Uss(arguments);
        Assert.That(result.ExitCode, Is.EqualTo(exitCode), $"{result.Program}: {result.Output}");
        Assert.That(result.Output, Does.Contain(named).And.Contain("fix: "));
    }
}
