using System.ComponentModel;
using Serilog.Core;
using Uss.Host.Cli;
using Uss.Host.Serve;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Host.Cluster;

/// <summary>
/// A cluster on one machine: starts etcd and the nodes as children, tells when they serve, does what <c>uss dev</c> asks,
/// and stops them. It carries no I/O; its end takes the children with it.
/// </summary>
internal sealed partial class LocalCluster : IDisposable
{
    private static readonly TimeSpan _poll = TimeSpan.FromMilliseconds(50);

    private readonly LocalClusterOptions _options;
    private readonly ClusterFolder _folder;
    private readonly Logger _log;
    private readonly TextWriter _output;
    private readonly ChildStarter _starter = new();
    private readonly List<Member> _nodes = [];
    private readonly SemaphoreSlim _turn = new(1);
    private Member? _etcd;
    private Member? _web;
    private ClusterLayout _layout = null!;
    private volatile bool _isStopping;

    private LocalCluster(LocalClusterOptions options, Logger log, TextWriter output)
    {
        _options = options;
        _folder = new ClusterFolder(options.Folder);
        _log = log;
        _output = output;
    }

    /// <summary>Runs the cluster until it is asked to stop.</summary>
    /// <param name="options">What to run.</param>
    /// <param name="output">Where the ready line goes.</param>
    /// <param name="asked">Completes with the reason to stop.</param>
    /// <exception cref="CommandFailure">The cluster could not start.</exception>
    public static Task RunAsync(LocalClusterOptions options, TextWriter output, Task<string> asked) =>
        Daemon.RunAsync(options.Folder, async daemon =>
        {
            using var cluster = new LocalCluster(options, daemon.Log, output);
            try
            {
                if (await cluster.StartAsync(asked) is { } fault)
                    return fault;
                using var control = new ControlServer(cluster._folder.ControlSocket, cluster.HandleAsync);
                daemon.Held.WritePid();
                if (!asked.IsCompleted)
                    daemon.Notifier.Ready(await cluster.AnnounceAsync());
                daemon.Log.Information("{Reason}: stopping", await asked);
                daemon.Notifier.Stopping();
                return null;
            }
            finally
            {
                await cluster.StopAsync();
            }
        });

    public void Dispose()
    {
        _starter.Dispose();
        _turn.Dispose();
    }

    private static string AddressOf(int index) => $"127.0.0.{index}";

    private async Task<Fault?> StartAsync(Task<string> asked)
    {
        if (Prepare() is { } fault)
            return fault;
        _log.Information("uss {Version} starts {Nodes} nodes on {Folder}", ProgramVersion.Text, _layout.Nodes, _folder.Data.Path);
        _etcd = new Member("etcd", [.. EtcdServer.Command(_folder, _layout)]);
        for (var i = 1; i <= _layout.Nodes; i++)
            _nodes.Add(new Member(ClusterFolder.NameOf(i), [.. NodeCommand(i)]));
        try
        {
            await LaunchAsync(_etcd);
        }
        catch (Win32Exception)
        {
            return new Fault(
                "util-linux-missing", "There is no program 'setsid' to start children with.", "Install Debian's package util-linux.");
        }

        if (await WaitForEtcdAsync(asked) is { } down)
            return down;
        if (asked.IsCompleted)
            return null;
        foreach (var node in _nodes)
            await LaunchAsync(node);
        if (await WaitForNodesAsync(asked) is { } late)
            return late;
        if (!asked.IsCompleted)
            await StartWebAsync();
        return null;
    }

    // Reads or makes the files of the folder.
    private Fault? Prepare()
    {
        if (_folder.HoldsSingleNode())
        {
            return new Fault(
                "data-in-use",
                $"The data folder {_folder.Data.Path} holds the service of a single node.",
                "Serve it without --nodes, or give another folder with --data DIR.");
        }

        var identity = ClusterFiles.Read(_folder.IdentityFile, ClusterFilesJson.Default.ClusterIdentity);
        var layout = ClusterFiles.Read(_folder.LayoutFile, ClusterFilesJson.Default.ClusterLayout);
        if ((identity.Fault ?? layout.Fault) is { } unreadable)
            return unreadable;
        var present = layout.Value;
        if (present is not null && _options.Nodes is { } wanted && wanted != present.Nodes)
        {
            return new Fault(
                "nodes-conflict",
                $"The data folder {_folder.Data.Path} holds a cluster of {present.Nodes} nodes, not {wanted}.",
                $"Start it with --nodes {present.Nodes}, or give another folder with --data DIR.");
        }

        var etcdPort = EtcdServer.FreePort(present?.EtcdPort ?? EtcdServer.DefaultPort);
        _layout = new ClusterLayout
        {
            Nodes = present?.Nodes ?? _options.Nodes ?? LocalClusterOptions.MinimumNodes,
            IscsiPort = _options.IscsiPort ?? present?.IscsiPort ?? DefaultIscsiPort,
            NfsPort = _options.NfsPort ?? present?.NfsPort ?? ServeOptions.NfsPort,
            NodePort = present?.NodePort ?? _options.NodePort,
            EtcdPort = etcdPort,
            EtcdPeerPort = EtcdServer.FreePort(present?.EtcdPeerPort ?? EtcdServer.DefaultPeerPort, taken: etcdPort),
            WebPort = _options.WebPort
                ?? EtcdServer.FreePort(present is { WebPort: > 0 } ? present.WebPort : LocalClusterOptions.DefaultWebPort, taken: etcdPort),
            HasServed = present?.HasServed ?? false,
        };
        if (!OperatingSystem.IsLinux() || !IsInstalled("etcd"))
            return EtcdServer.Missing;
        Directory.CreateDirectory(_folder.EtcdFolder);
        Directory.CreateDirectory(_folder.Data.LogFolder);
        var known = identity.Value ?? ClusterIdentity.Create();
        var asked = known with { Tls = known.Tls || _options.Tls };
        return (asked != identity.Value
                ? ClusterFiles.Write(_folder.IdentityFile, asked, ClusterFilesJson.Default.ClusterIdentity)
                : null)
            ?? ClusterFiles.Write(_folder.LayoutFile, _layout, ClusterFilesJson.Default.ClusterLayout);
    }

    private const int DefaultIscsiPort = 3260;

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    private IEnumerable<string> NodeCommand(int index)
    {
        var address = AddressOf(index);
        return
        [
            .. _options.Program, "node",
            "--data", _folder.NodeFolder(index).Path,
            "--name", ClusterFolder.NameOf(index),
            "--etcd", EtcdServer.UrlOf(_layout).GetLeftPart(UriPartial.Authority),
            "--cluster", _folder.IdentityFile,
            "--listen", $"{address}:{_layout.NodePort}",
            "--iscsi", $"{address}:{_layout.IscsiPort}",
            "--nfs", ServeOptions.NoNfs,
            .. _layout.NfsPort is 0 ? (string[])[] : ["--service-address", $"{address}:{_layout.NfsPort}"],
            "--demo-copies", $"{Math.Min(_layout.Nodes, ClusterMembership.DefaultCopies)}",
            .. _options.NodeOptions,
        ];
    }

    private IEnumerable<string> WebCommand() =>
    [
        .. _options.Program, "web",
        "--data", _folder.Web.Path,
        "--web", $"{AddressOf(1)}:{_layout.WebPort}",
        .. Enumerable.Range(1, _layout.Nodes).SelectMany(index => (string[])["--node", _folder.NodeFolder(index).Path]),
    ];

    // The volumes are served without it, so that a cluster whose web API does not start is started all the same.
    private async Task StartWebAsync()
    {
        _web = new Member("web", [.. WebCommand()]);
        await LaunchAsync(_web);
        var limit = Task.Delay(_options.RestLimit);
        while (_web.Child is { IsReady: false, IsRunning: true } && !limit.IsCompleted)
            await Task.Delay(_poll);
        if (_web.Child is not { IsReady: true })
            _log.Warning("{Fault:l}", NotReady(_web, "is not ready").ToString());
    }

    private async Task LaunchAsync(Member member)
    {
        member.IsAskedToEnd = false;
        var child = await ChildProcess.StartAsync(_starter, member.Command, line => Console.Error.WriteLine($"{member.Name} | {line}"));
        member.Child = child;
        _log.Information("{Name} starts as process {ProcessId}", member.Name, child.ProcessId);
        _ = ReportEndAsync(member, child);
    }

    private async Task ReportEndAsync(Member member, ChildProcess child)
    {
        var exitCode = await child.Exited;
        if (member.IsAskedToEnd || _isStopping)
        {
            _log.Information("{Name} has ended", member.Name);
        }
        else
        {
            _log.Error(
                "{Name} has ended by itself with {ExitCode} and stays down; `uss dev start {Name}` starts it. Its last words:\n{Words:l}",
                member.Name,
                exitCode,
                member.Name,
                child.LastLines);
        }
    }

    private async Task<Fault?> WaitForEtcdAsync(Task<string> asked)
    {
        var limit = Task.Delay(_options.ReadyLimit);
        while (!limit.IsCompleted && !asked.IsCompleted && _etcd!.Child!.IsRunning)
        {
            if (await EtcdServer.IsReadyAsync(_layout))
                return null;
            await Task.Delay(_poll);
        }

        return asked.IsCompleted ? null : new Fault(
            "etcd-failed",
            $"etcd does not serve on {EtcdServer.UrlOf(_layout)}. {_etcd!.Child!.LastLines}".TrimEnd(),
            $"See its log, {_folder.EtcdLog}.");
    }

    // A new cluster needs all nodes; later most of them are enough, and the others are waited for a little.
    private async Task<Fault?> WaitForNodesAsync(Task<string> asked)
    {
        var limit = Task.Delay(_options.ReadyLimit);
        var rest = Task.Delay(_options.RestLimit);
        while (!asked.IsCompleted)
        {
            var members = _nodes.Where(node => !IsRemoved(node)).ToList();
            var majority = (members.Count / 2) + 1;
            var ready = members.Count(node => node.Child!.IsReady);
            var dead = members.Where(node => !node.Child!.IsRunning).ToList();
            if (ready == members.Count)
                break;
            if (_layout.HasServed && ready >= majority && (ready + dead.Count == members.Count || rest.IsCompleted))
                return null;
            if (dead.Count > (_layout.HasServed ? members.Count - majority : 0))
                return NotReady(dead[0], "has ended");
            if (limit.IsCompleted)
                return NotReady(members.First(node => !node.Child!.IsReady), "is not ready in time");
            await Task.Delay(_poll);
        }

        if (asked.IsCompleted)
            return null;
        _layout = _layout with { HasServed = true };
        return ClusterFiles.Write(_folder.LayoutFile, _layout, ClusterFilesJson.Default.ClusterLayout);
    }

    // `uss node rm` took it out of the cluster; nobody waits for it.
    private static bool IsRemoved(Member node) =>
        node.Child is { IsRunning: false } child && child.LastLines.Contains(NodeRecord.RemovedText, StringComparison.Ordinal);

    private Fault NotReady(Member node, string what)
    {
        var lines = node.Child!.LastLines;
        var error = lines.Split('\n').LastOrDefault(line => line.StartsWith("error: ", StringComparison.Ordinal));
        var words = (error ?? lines).Replace('\n', ' ').Trim();
        return new Fault(
            "node-failed",
            $"{node.Name} {what}{(words.Length == 0 ? "." : ": " + words)}",
            $"See its log in {Path.Combine(_folder.Data.Path, node.Name, "log")}.");
    }

    private async Task<string> AnnounceAsync()
    {
        var addresses = Enumerable.Range(1, _nodes.Count).Select(AddressOf).ToList();
        var down = _nodes.Where(node => !node.Child!.IsReady).Select(node => node.Name).ToList();
        var portals = string.Join(", ", addresses.Select(address => $"{address}:{_layout.IscsiPort}"));
        var ready = $"ready: iSCSI target {ServeOptions.TargetIqn} on {portals} with {_nodes.Count - down.Count} of {_nodes.Count} nodes"
            + (down.Count == 0 ? "" : $", without {string.Join(", ", down)}");
        await _output.WriteLineAsync(ready);
        await _output.WriteLineAsync(ClusterText.Attach(_folder, _layout, addresses, _web?.Child is { IsReady: true }));
        await _output.FlushAsync();
        return ready;
    }

    private async Task StopAsync()
    {
        _isStopping = true;
        await _turn.WaitAsync();
        if (_web is not null)
            await StopAsync(_web);
        await Task.WhenAll(_nodes.Select(StopAsync));
        if (_etcd is not null)
            await StopAsync(_etcd);
        _turn.Release();
    }

    private async Task StopAsync(Member member)
    {
        if (member.Child is { IsRunning: true } child && !await child.StopAsync(_options.StopLimit))
            _log.Warning("{Name} did not stop in time and was killed", member.Name);
    }

    /// <summary>etcd or a node: its command line, and the process when there was one.</summary>
    private sealed class Member(string name, IReadOnlyList<string> command)
    {
        public string Name { get; } = name;

        public IReadOnlyList<string> Command { get; } = command;

        public ChildProcess? Child { get; set; }

        /// <summary>Its end is what somebody asked for.</summary>
        public bool IsAskedToEnd { get; set; }
    }
}
