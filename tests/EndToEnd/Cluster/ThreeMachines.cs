using System.Security.Cryptography;
using System.Text.Json;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>
/// Three nodes, each in a network namespace with an address of its own, behind a bridge; the clients, etcd and a guest are at
/// the bridge. Each node has a wall clock that the test sets.
/// </summary>
internal sealed partial class ThreeMachines : IDisposable
{
    /// <summary>Nodes of the cluster.</summary>
    public const int NodeCount = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Sandbox _sandbox;
    private readonly TemporaryFolder _folder;
    private readonly MachineOptions _options;
    private readonly SandboxProgram?[] _nodes = new SandboxProgram?[NodeCount];
    private readonly SandboxProgram?[] _etcd;

    /// <summary>Starts all of it and waits until it is healthy.</summary>
    /// <param name="sandbox">Where.</param>
    /// <param name="folder">For the data.</param>
    /// <param name="options">What they are like.</param>
    public ThreeMachines(Sandbox sandbox, TemporaryFolder folder, MachineOptions options)
    {
        _sandbox = sandbox;
        _folder = folder;
        _options = options;
        _etcd = new SandboxProgram?[options.EtcdMembers];
        Connect();
        for (var member = 1; member <= options.EtcdMembers; member++)
            StartEtcd(member);
        File.WriteAllText(
            Identity,
            JsonSerializer.Serialize(new { id = Guid.NewGuid(), key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) }));
        File.SetUnixFileMode(Identity, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.CreateDirectory(DataFolder);
        for (var node = 1; node <= NodeCount; node++)
            SetClock(node, TimeSpan.Zero);
        sandbox.Run(
            Limit, "gcc", "-O2", "-shared", "-fPIC", "-o", _folder["shifted-clock.so"], Path.Combine(Repository.Cluster, "shifted-clock.c"))
            .Succeeded();
        if (options.PowerSeed is { } seed)
            MakeVolatileDisks(seed);
        options.Prepare?.Invoke(this);
        try
        {
            Parallel.For(1, NodeCount + 1, Start);
            Health.Await(Limit);
        }
        catch
        {
            TestContext.Out.WriteLine(Health.LastWords());
            Dispose();
            throw;
        }
    }

    /// <summary>Portals of the nodes, in their order.</summary>
    public static IReadOnlyList<string> Portals { get; } = [.. Enumerable.Range(1, NodeCount).Select(node => $"{AddressOf(node)}:3260")];

    /// <summary>Folder that holds the nodes' data folders.</summary>
    public string DataFolder => _folder["data"];

    /// <summary>How the nodes are.</summary>
    public ClusterHealth Health => new(_sandbox, DataFolder);

    /// <summary>A node's data folder.</summary>
    public string FolderOf(int node) => Path.Combine(DataFolder, $"node{node}");

    /// <summary>A node's disk file.</summary>
    public string DiskOf(int node) => Path.Combine(FolderOf(node), "disk0.uss");

    private string Identity => _folder["cluster.json"];

    /// <summary>Address of a node.</summary>
    /// <param name="node">From 1.</param>
    public static string AddressOf(int node) => $"10.77.0.{10 + node}";

    /// <summary>Starts a node and waits until it serves.</summary>
    public void Start(int node)
    {
        var ready = new ManualResetEventSlim();
        string[] arguments =
        [
            "netns", "exec", $"n{node}", "env", "LD_PRELOAD=" + _folder["shifted-clock.so"], "CLOCK_SHIFT_FILE=" + ClockOf(node),
            Repository.Program, "node", "--data", FolderOf(node),
            "--name", $"node{node}", "--etcd", EtcdMembers(UrlOf), "--cluster", Identity, "--demo-copies", "3", "--disks", "1",
            "--disk-size", _options.DiskSizes[node - 1], "--listen", $"{AddressOf(node)}:7400", "--iscsi", $"{AddressOf(node)}:3260",
            "--nfs", "0.0.0.0:2049",
            .. _options.Initiators.SelectMany(name => (string[])["--initiator", name]),
        ];
        var program = _sandbox.Start("ip", arguments, line =>
        {
            if (line.StartsWith("ready", StringComparison.Ordinal))
                ready.Set();
        });
        _nodes[node - 1] = program;
        if (!ready.Wait(Limit))
            Assert.Fail($"node{node} does not start:\n{program.Tail(20)}");
    }

    /// <summary>SIGKILL.</summary>
    public void Kill(int node)
    {
        _nodes[node - 1]!.Kill();
        _nodes[node - 1]!.Dispose();
        _nodes[node - 1] = null;
    }

    /// <summary>Stops a node in good order.</summary>
    public void Stop(int node)
    {
        _nodes[node - 1]!.Signal(NativeMethods.SignalTerminate);
        _nodes[node - 1]!.WaitForExit(Limit).Succeeded();
        _nodes[node - 1] = null;
    }

    /// <summary>SIGSTOP or SIGCONT.</summary>
    public void Signal(int node, int signal) => _nodes[node - 1]!.Signal(signal);

    /// <summary>Starts a member of etcd, for the first time or again.</summary>
    /// <param name="member">From 1.</param>
    public void StartEtcd(int member) => _etcd[member - 1] = _sandbox.Start(
        "etcd",
        [
            "--name", $"e{member}", "--data-dir", _folder[$"etcd{member}"],
            "--listen-client-urls", UrlOf(member), "--advertise-client-urls", UrlOf(member),
            "--listen-peer-urls", PeerUrlOf(member), "--initial-advertise-peer-urls", PeerUrlOf(member),
            "--initial-cluster", EtcdMembers(index => $"e{index}={PeerUrlOf(index)}"), "--log-level", "error",
        ]);

    /// <summary>Kills a member of etcd.</summary>
    public void KillEtcd(int member)
    {
        _etcd[member - 1]!.Kill();
        _etcd[member - 1]!.Dispose();
        _etcd[member - 1] = null;
    }

    /// <summary>Connects a node to the bridge, or takes its cable out.</summary>
    public void SetLink(int node, bool isUp) => _sandbox.Shell(Limit, $"ip link set v{node} {(isUp ? "up" : "down")}").Succeeded();

    /// <summary>Packets from one node to another vanish, or arrive again; those of the other direction always arrive.</summary>
    public void SetPath(int from, int to, bool isOpen) =>
        _sandbox.Shell(Limit, $"ip -n n{from} route {(isOpen ? "del" : "add")} blackhole {AddressOf(to)}/32").Succeeded();

    /// <summary>Limits what a node sends; null: no limit.</summary>
    public void SetRate(int node, string? rate) => _sandbox.Shell(
        Limit,
        $"ip netns exec n{node} tc qdisc "
        + (rate is null ? "del dev eth0 root" : $"add dev eth0 root tbf rate {rate} burst 64kb latency 400ms"))
        .Succeeded();

    /// <summary>Steps a node's wall clock.</summary>
    /// <param name="node">From 1.</param>
    /// <param name="shift">How far it is from the truth.</param>
    public void SetClock(int node, TimeSpan shift)
    {
        using var file = File.OpenHandle(ClockOf(node), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.Write(file, BitConverter.GetBytes((long)shift.TotalSeconds), 0);
    }

    /// <summary>Runs <c>uss</c> against a node.</summary>
    public ProgramResult Uss(int node, params IEnumerable<string> arguments)
    {
        using var running = _sandbox.Start(Repository.Program, [.. arguments, "--data", FolderOf(node)]);
        return running.WaitForExit(Limit) with { Program = "uss " + string.Join(' ', arguments) };
    }

    public void Dispose()
    {
        foreach (var node in _nodes)
            node?.Dispose();
        foreach (var disk in _disks)
            disk.Dispose();
        foreach (var member in _etcd)
            member?.Dispose();
    }

    private string ClockOf(int node) => _folder[$"clock{node}"];

    private void Connect() => _sandbox.Shell(
        Limit,
        """
        ip link add br0 type bridge
        ip addr add 10.77.0.254/24 dev br0
        ip link set br0 mtu 9000 up
        for node in 1 2 3; do
            ip netns add n$node
            ip link add v$node type veth peer name eth0 netns n$node
            ip link set v$node mtu 9000 master br0 up
            ip -n n$node addr add 10.77.0.1$node/24 dev eth0
            ip -n n$node link set eth0 mtu 9000 up
            ip -n n$node link set lo up
        done
        ip tuntap add dev guest mode tap
        ip link set guest mtu 9000 master br0 up
        """).Succeeded();

    private string EtcdMembers(Func<int, string> each) => string.Join(',', Enumerable.Range(1, _etcd.Length).Select(each));

    private static string UrlOf(int member) => $"http://10.77.0.254:{2379 + (10 * (member - 1))}";

    private static string PeerUrlOf(int member) => $"http://10.77.0.254:{2380 + (10 * (member - 1))}";
}
