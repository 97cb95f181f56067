using System.Text.Json;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>What people and programs are told while nodes are killed, frozen and started: health, events and the web API.</summary>
[TestFixture]
public sealed class WatchTests : EndToEndTest
{
    private const int TestLimit = 240_000;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly List<JsonElement> _events = [];
    private ClusterProgram _cluster = null!;

    [TearDown]
    public void EndCluster() => _cluster.Dispose();

    [Test]
    [CancelAfter(TestLimit)]
    public void Losses_are_told_and_the_web_api_goes_on()
    {
        _cluster = ClusterProgram.Start(Sandbox, Folder["data"]);
        _cluster.AwaitHealthy(Limit);
        Eventually(() => Uss("health").ExitCode == 0);
        using var watch = Sandbox.Start(Repository.Program, ["watch", "-o", "json", "--data", Folder["data"]], Hear);
        Expect("watching", "");
        Assert.That(Web("status").ExitCode, Is.Zero);

        // node1 is also the one that watch, health and the web API ask first.
        _cluster.Dev("kill", "node1");
        var status = JsonDocument.Parse(Web("status").Succeeded()).RootElement;
        Assert.That(status.GetProperty("target").GetString(), Does.StartWith("iqn."), "another node answers");
        Eventually(() => Uss("health").ExitCode == 1);
        var health = JsonDocument.Parse(Uss("health", "-o", "json").Output).RootElement;
        var problem = health.GetProperty("problems").EnumerateArray().First(item => item.GetProperty("code").GetString() == "node-down");
        foreach (var part in (string[])["what", "effect", "fix", "command"])
            Assert.That(problem.GetProperty(part).GetString(), Is.Not.Empty, part);
        Assert.That(problem.GetProperty("what").GetString(), Does.Contain("node1"));
        Expect("no-service", "");
        _cluster.Dev("start", "node1");
        _cluster.AwaitHealthy(Limit);
        Eventually(() => Uss("health").ExitCode == 0);

        // watch is with node2 now, which sees node3 go, come back and recover.
        _cluster.Dev("kill", "node3");
        Expect("node-down", "node3");
        Expect("groups", "");
        _cluster.Dev("start", "node3");
        Expect("node-up", "node3");
        Eventually(() => Heard("groups").Any(item => item.GetProperty("severity").GetString() == "info"));

        // A frozen node takes connections: others answer all the same, and a change is made once.
        _cluster.Dev("freeze", "node1");
        Web("volumes", "-X", "POST", "-H", "Content-Type: application/json", "-d", """{"name":"w1","sizeBytes":1073741824}""").Succeeded();
        _cluster.Dev("thaw", "node1");
        Expect("volume-created", "w1");
        Eventually(() => Uss("health").ExitCode == 0);

        var token = Path.Combine(Folder["data"], "web", "web-token");
        Assert.That(File.GetUnixFileMode(token), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.That(Sandbox.Run(Limit, "curl", "-s", "http://127.0.0.1:8080/api/v1/status").Output, Does.Contain("token-required"));
        var memory = Sandbox.Shell(Limit, $"grep VmRSS /proc/$(cat {Folder["data"]}/web/uss.pid)/status").Output.Trim();
        TestContext.Out.WriteLine($"web: {memory}");
        // As Ctrl-C, which a test run in the background would ignore.
        watch.Signal(NativeMethods.SignalTerminate);
        watch.WaitForExit(Limit);
        _cluster.Dev("kill", "web");
        _cluster.Dev("start", "web");
        Assert.That(Web("status").ExitCode, Is.Zero);
        _cluster.Stop();
    }

    private void Hear(string line)
    {
        // Everything but its own last words is an object.
        if (line[0] != '{')
            return;
        lock (_events)
            _events.Add(JsonDocument.Parse(line).RootElement);
    }

    private List<JsonElement> Heard(string kind)
    {
        lock (_events)
            return [.. _events.Where(item => item.GetProperty("kind").GetString() == kind)];
    }

    private void Expect(string kind, string subject) => Eventually(
        () => Heard(kind).Any(item => item.GetProperty("subject").GetString() == subject), $"{kind} {subject}");

    private void Eventually(Func<bool> condition, string what = "it")
    {
        for (var i = 0; i < 600; i++)
        {
            if (condition())
                return;
            Thread.Sleep(100);
        }

        lock (_events)
            Assert.Fail($"{what} did not happen; heard:\n{string.Join('\n', _events)}\n{Uss("health").Output}");
    }

    private ProgramResult Uss(params string[] arguments)
    {
        using var running = Sandbox.Start(Repository.Program, [.. arguments, "--data", Folder["data"]]);
        return running.WaitForExit(Limit);
    }

    private ProgramResult Web(string path, params string[] options)
    {
        var token = File.ReadAllText(Path.Combine(Folder["data"], "web", "web-token")).Trim();
        return Sandbox.Run(
            Limit, "curl", ["-sf", "-H", $"Authorization: Bearer {token}", .. options, $"http://127.0.0.1:8080/api/v1/{path}"]);
    }
}
