using System.Security.Cryptography;
using System.Text.Json;
using Uss.EndToEnd.Crashes;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>
/// Three nodes with network namespaces and addresses of their own behind a bridge, where the clients and etcd are: links
/// are cut under load. Promises 1, 2 and 3 of docs/invariants.md.
/// </summary>
[TestFixture]
public sealed class CutNetworkTests : EndToEndTest
{
    private const int TestLimit = 240_000;
    private const int NodeCount = 3;
    private const long UsedBytes = 1L << 30;
    private const string Etcd = "http://10.77.0.254:2379";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly List<SandboxProgram> _programs = [];

    private static IReadOnlyList<string> Portals { get; } = [.. Enumerable.Range(1, NodeCount).Select(index => $"10.77.0.{index}:3260")];

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
    public void A_node_that_is_cut_off_costs_no_acknowledged_write()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        StartNodes();
        var health = new ClusterHealth(Sandbox, Folder["data"]);
        health.Await(Limit);
        var load = new StampedLoad(Sandbox, () => Portals, 0, UsedBytes, seed) { CommandLimitSeconds = 5 };
        load.Start();
        load.ProgressOfEach(50, Limit);
        load.TakeLongestWait();

        Suffer(load, "node3 cut off", 3, "down");
        Thread.Sleep(TimeSpan.FromSeconds(3));
        Suffer(load, "node3 back", 3, "up");
        TestContext.Out.WriteLine($"healthy after {health.Await(Limit).TotalSeconds:F1} s");

        // What the front-end has under way when it is cut off must not be applied once it is back: clients have moved on.
        Suffer(load, "node1, the front-end, cut off", 1, "down");
        Thread.Sleep(TimeSpan.FromSeconds(3));
        Suffer(load, "node1 back", 1, "up");
        TestContext.Out.WriteLine($"healthy after {health.Await(Limit).TotalSeconds:F1} s");

        load.Stop();
        foreach (var portal in Portals)
            load.Verify(portal);
        TestContext.Out.WriteLine($"{load.AcknowledgedWrites} writes acknowledged, {load.LostSessions} sessions lost, {load.BusyAnswers} times BUSY");
    }

    private void Suffer(StampedLoad load, string what, int node, string state)
    {
        Sandbox.Shell(Limit, $"ip link set v{node} {state}").Succeeded();
        load.ProgressOfEach(50, Limit);
        TestContext.Out.WriteLine($"{what}: longest wait {load.TakeLongestWait().TotalSeconds:F2} s");
    }

    private void StartNodes()
    {
        Sandbox.Shell(
            Limit,
            """
            ip link add br0 type bridge
            ip addr add 10.77.0.254/24 dev br0
            ip link set br0 up
            for node in 1 2 3; do
                ip netns add n$node
                ip link add v$node type veth peer name eth0 netns n$node
                ip link set v$node master br0 up
                ip -n n$node addr add 10.77.0.$node/24 dev eth0
                ip -n n$node link set eth0 up
                ip -n n$node link set lo up
            done
            """).Succeeded();
        _programs.Add(Sandbox.Start(
            "etcd", ["--data-dir", Folder["etcd"], "--listen-client-urls", Etcd, "--advertise-client-urls", Etcd, "--log-level", "error"]));
        var identity = Folder["cluster.json"];
        File.WriteAllText(
            identity, JsonSerializer.Serialize(new { id = Guid.NewGuid(), key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) }));
        File.SetUnixFileMode(identity, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.CreateDirectory(Folder["data"]);
        string[] initiators =
        [
            .. Enumerable.Range(0, 8).Select(index => $"writer{index}").Append("verifier")
                .SelectMany(name => (string[])["--initiator", "iqn.2026-11.local.uss.test:" + name]),
        ];
        var ready = new CountdownEvent(NodeCount);
        for (var index = 1; index <= NodeCount; index++)
        {
            string[] arguments =
            [
                "netns", "exec", $"n{index}", Repository.Program, "node", "--data", Path.Combine(Folder["data"], $"node{index}"),
                "--name", $"node{index}", "--etcd", Etcd, "--cluster", identity, "--demo-copies", "3", "--disks", "1", "--disk-size", "8G",
                "--listen", $"10.77.0.{index}:7400", "--iscsi", $"10.77.0.{index}:3260", .. initiators,
            ];
            _programs.Add(Sandbox.Start("ip", arguments, line =>
            {
                if (line.StartsWith("ready", StringComparison.Ordinal))
                    ready.Signal();
            }));
        }

        if (!ready.Wait(Limit))
            Assert.Fail("a node does not start:\n" + string.Join("\n---\n", _programs.Select(program => program.Tail(20))));
    }
}
