using System.Diagnostics;

namespace Uss.Benchmarks.Rig;

/// <summary>A server under measurement.</summary>
internal interface IBenchmarkServer : IDisposable
{
    /// <summary>Name for tables.</summary>
    string Name { get; }

    /// <summary>URL of its LUN or export.</summary>
    string Url { get; }

    /// <summary>Its process, which is charged for CPU.</summary>
    int ProcessId { get; }
}

/// <summary><c>uss serve</c> on a fresh data folder, with one disk file.</summary>
internal sealed class UssServer : IBenchmarkServer
{
    private const string Target = "iqn.2026-11.local.uss:default";

    private readonly string _data;
    private readonly string _portal;
    private readonly string _nfs;
    private readonly string _diskSize;
    private Process? _process;

    private UssServer(string folder, int port, string nfs, string diskSize)
    {
        _data = Path.Combine(folder, "uss");
        if (Directory.Exists(_data))
            Directory.Delete(_data, recursive: true);
        _portal = $"127.0.0.1:{port}";
        _nfs = nfs;
        _diskSize = diskSize;
    }

    public string Name => "USS";

    public string Url => $"iscsi://{_portal}/{Target}/1";

    public int ProcessId => _process!.Id;

    /// <summary>The program that this code runs in, or the one beside it.</summary>
    internal static string Program => Environment.ProcessPath is { } path && Path.GetFileName(path) == "Uss"
        ? path
        : Path.Combine(AppContext.BaseDirectory, "Uss");

    /// <summary>Starts the service with a volume as LUN 1.</summary>
    public static UssServer Create(string folder, int port, string diskSize, string volumeSize)
    {
        var server = new UssServer(folder, port, "none", diskSize);
        server.Start();
        server.Command("volume", "create", "bench", "--size", volumeSize);
        server.Command("lun", "map", "bench", "--lun", "1");
        return server;
    }

    /// <summary>Starts the service with what it has at its first start: the file system <c>default</c>, exported as <c>/default</c>.</summary>
    public static UssServer CreateForFiles(string folder, int port, int nfsPort, string diskSize)
    {
        var server = new UssServer(folder, port, $"127.0.0.1:{nfsPort}", diskSize);
        server.Start();
        return server;
    }

    /// <summary>Starts the service on what is in its folder and gives the time until it said that it is ready.</summary>
    public TimeSpan Start()
    {
        using var ready = new ManualResetEventSlim();
        var said = new List<string>();
        var clock = Stopwatch.StartNew();
        _process = ToolProcess.Start(
            Program,
            ["serve", "--data", _data, "--iscsi", _portal, "--nfs", _nfs, "--disks", "1", "--disk-size", _diskSize],
            line =>
            {
                lock (said)
                    said.Add(line);
                if (line.StartsWith("ready", StringComparison.Ordinal))
                    ready.Set();
            });
        while (!ready.Wait(10))
        {
            if (!_process.HasExited && clock.Elapsed < TimeSpan.FromMinutes(2))
                continue;
            lock (said)
                throw new BenchmarkException($"uss serve does not get ready:\n{string.Join('\n', said.TakeLast(20))}");
        }

        return clock.Elapsed;
    }

    /// <summary>Ends the service as a crash would (SIGKILL).</summary>
    public void Kill()
    {
        if (_process is { } process)
            ToolProcess.Kill(process);
        _process = null;
    }

    public void Dispose()
    {
        Kill();
        Directory.Delete(_data, recursive: true);
    }

    /// <summary>Runs a command of the CLI on the service, for ten minutes at most.</summary>
    public void Command(params string[] arguments) => ToolProcess.Run(TimeSpan.FromMinutes(10), Program, arguments, ("USS_DATA", _data));
}

/// <summary>Debian's <c>tgtd</c> with its aio back end (O_DIRECT) on a file that is written in full. It never flushes by itself.</summary>
internal sealed class TgtServer : IBenchmarkServer
{
    private const string Target = "iqn.2026-11.local.uss.bench:tgt";

    private readonly Process _process;
    private readonly string _controlSocket;
    private readonly string _portal;

    public TgtServer(string folder, int port, string file)
    {
        _portal = $"127.0.0.1:{port}";
        _controlSocket = Path.Combine(folder, "tgt.socket");
        _process = ToolProcess.Start("tgtd", ["-f", "--iscsi", "portal=" + _portal], null, ("TGT_IPC_SOCKET", _controlSocket));
        try
        {
            for (var attempt = 0; !TryControl("--mode", "sys", "--op", "show"); attempt++)
            {
                if (attempt == 100 || _process.HasExited)
                    throw new BenchmarkException("tgtd does not start: is the Debian package tgt installed?");
                Thread.Sleep(100);
            }

            Control("--mode", "target", "--op", "new", "--tid", "1", "--targetname", Target);
            Control("--mode", "logicalunit", "--op", "new", "--tid", "1", "--lun", "1", "--bstype", "aio", "--backing-store", file);
            Control("--mode", "target", "--op", "bind", "--tid", "1", "--initiator-address", "ALL");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Name => "tgt";

    public string Url => $"iscsi://{_portal}/{Target}/1";

    public int ProcessId => _process.Id;

    public void Dispose()
    {
        ToolProcess.Kill(_process);
        foreach (var left in Directory.EnumerateFiles(Path.GetDirectoryName(_controlSocket)!, "tgt.socket*"))
            File.Delete(left);
    }

    private bool TryControl(params string[] arguments)
    {
        try
        {
            Control(arguments);
            return true;
        }
        catch (BenchmarkException)
        {
            return false;
        }
    }

    private void Control(params string[] arguments) =>
        ToolProcess.Run(TimeSpan.FromSeconds(10), "tgtadm", ["--lld", "iscsi", .. arguments], ("TGT_IPC_SOCKET", _controlSocket));
}
