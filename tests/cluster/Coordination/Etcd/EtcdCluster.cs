using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Uss.Coordination.Tests.Etcd;

/// <summary>Debian's etcd in one or more members on free ports of the loopback interface, in a temporary folder.</summary>
internal sealed class EtcdCluster : IDisposable
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("uss-etcd-").FullName;
    private readonly Process?[] _members;
    private readonly int[] _clientPorts;
    private readonly int[] _peerPorts;

    /// <summary>Starts the members and waits until they answer.</summary>
    public EtcdCluster(int members)
    {
        _members = new Process?[members];
        var ports = FreePorts(2 * members);
        _clientPorts = ports[..members];
        _peerPorts = ports[members..];
        StartAll();
    }

    /// <summary>Client URLs of the members.</summary>
    public IReadOnlyList<Uri> Endpoints => [.. _clientPorts.Select(port => new Uri($"http://127.0.0.1:{port}"))];

    /// <summary>Port for clients of a member.</summary>
    public int ClientPort(int member) => _clientPorts[member];

    /// <summary>Starts a member that was killed.</summary>
    /// <param name="member">The member.</param>
    /// <param name="waits">True: waits until it answers.</param>
    public void Start(int member, bool waits = true)
    {
        Launch(member);
        if (waits)
            WaitUntilReady(member);
    }

    /// <summary>Starts all members, which were killed.</summary>
    public void StartAll()
    {
        for (var i = 0; i < _members.Length; i++)
            Start(i, waits: false);
        for (var i = 0; i < _members.Length; i++)
            WaitUntilReady(i);
    }

    /// <summary>Kills a member (SIGKILL).</summary>
    public void Kill(int member)
    {
        if (_members[member] is not { } process)
            return;
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        _members[member] = null;
    }

    /// <summary>Stops (SIGSTOP) or continues (SIGCONT) a member.</summary>
    public void Freeze(int member, bool freeze)
    {
        using var kill = Process.Start("kill", [freeze ? "-STOP" : "-CONT", $"{_members[member]!.Id}"]);
        kill.WaitForExit();
        Assert.That(kill.ExitCode, Is.Zero);
    }

    /// <summary>Drops the history up to a revision.</summary>
    public void Compact(long revision) => Post(0, "/v3/kv/compaction", $$"""{"revision":"{{revision}}","physical":true}""");

    public void Dispose()
    {
        for (var i = 0; i < _members.Length; i++)
            Kill(i);
        Directory.Delete(_folder, recursive: true);
    }

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        foreach (var listener in listeners)
            listener.Start();
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        foreach (var listener in listeners)
            listener.Dispose();
        return ports;
    }

    private void Launch(int member)
    {
        var client = $"http://127.0.0.1:{_clientPorts[member]}";
        var peer = $"http://127.0.0.1:{_peerPorts[member]}";
        var all = string.Join(',', _peerPorts.Select((port, i) => $"member{i}=http://127.0.0.1:{port}"));
        string[] arguments =
        [
            // Ends with the thread that starts it, the test runner's.
            "--pdeathsig", "KILL", "etcd",
            "--name", $"member{member}",
            "--data-dir", Path.Combine(_folder, $"member{member}"),
            "--listen-client-urls", client,
            "--advertise-client-urls", client,
            "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer,
            "--initial-cluster", all,
            "--heartbeat-interval", "50",
            "--election-timeout", "500",
            "--experimental-watch-progress-notify-interval", "500ms",
            "--logger", "zap",
            "--log-outputs", Path.Combine(_folder, $"member{member}.log"),
        ];
        _members[member] = Process.Start(new ProcessStartInfo("setpriv", arguments) { UseShellExecute = false });
    }

    private void WaitUntilReady(int member)
    {
        var clock = Stopwatch.StartNew();
        while (!IsReady(member))
        {
            var log = Path.Combine(_folder, $"member{member}.log");
            if (clock.Elapsed > ReadyLimit || _members[member]!.HasExited)
                Assert.Fail($"etcd does not start:\n{(File.Exists(log) ? File.ReadAllText(log) : "")}");
            Thread.Sleep(20);
        }
    }

    private bool IsReady(int member)
    {
        try
        {
            return Post(member, "/v3/kv/range", """{"key":"AA=="}""");
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or TaskCanceledException)
        {
            return false;
        }
    }

    private bool Post(int member, string path, string body)
    {
        using var client = new HttpClient { BaseAddress = Endpoints[member], Timeout = TimeSpan.FromSeconds(5) };
        using var content = new StringContent(body);
        using var response = client.PostAsync(new Uri(path, UriKind.Relative), content).GetAwaiter().GetResult();
        return response.IsSuccessStatusCode;
    }
}
