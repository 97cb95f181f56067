using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Uss.Benchmarks.Rig.Nfs;

/// <summary>
/// Debian's <c>nfs-ganesha</c> with its VFS back end, on a folder of the disk to measure. It keeps what clients write UNSTABLE in the
/// page cache, reads from there, and flushes at FILE_SYNC and COMMIT.
/// </summary>
internal sealed class GaneshaServer : INfsServer
{
    private readonly string _folder;
    private readonly Process _process;

    /// <summary>Starts it.</summary>
    /// <param name="folder">Where its files go, in a folder of their own.</param>
    /// <exception cref="BenchmarkException">It does not start.</exception>
    public GaneshaServer(string folder)
    {
        _folder = Path.Combine(folder, "ganesha");
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
        var files = Directory.CreateDirectory(Path.Combine(_folder, "export")).FullName;
        var ports = FreePort.Take(2);
        Export = new NfsExport(ports[0], ports[1], files);
        var preloaded = CProgram.Compile(_folder, "no-port-mapper.c", "-shared", "-fPIC");
        var (configuration, log) = (Path.Combine(_folder, "ganesha.conf"), Path.Combine(_folder, "ganesha.log"));
        File.WriteAllText(configuration, Configuration(Export, _folder));
        _process = ToolProcess.Start(
            "ganesha.nfsd",
            ["-F", "-f", configuration, "-L", log, "-p", Path.Combine(_folder, "ganesha.pid")],
            null,
            ("LD_PRELOAD", preloaded));
        try
        {
            for (var attempt = 0; !Answers(); attempt++)
            {
                if (attempt == 100 || _process.HasExited)
                    throw new BenchmarkException($"nfs-ganesha does not start:\n{string.Join('\n', LastLines(log))}");
                Thread.Sleep(100);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Name => "ganesha";

    public string Url => Export.Url;

    public int ProcessId => _process.Id;

    public NfsExport Export { get; }

    public void Dispose()
    {
        ToolProcess.Kill(_process);
        Directory.Delete(_folder, recursive: true);
    }

    private static IEnumerable<string> LastLines(string log) => File.Exists(log) ? File.ReadLines(log).TakeLast(10) : [];

    // What is not set is as Debian has it. Nothing is kept outside the folder, nobody but this machine can mount.
    private static string Configuration(NfsExport export, string folder) =>
        $$"""
          NFS_CORE_PARAM
          {
              Bind_addr = 127.0.0.1;
              NFS_Port = {{export.Port}};
              MNT_Port = {{export.MountPort}};
              Protocols = 3;
              Enable_UDP = false;
              Enable_NLM = false;
              Enable_RQUOTA = false;
          }
          NFSv4
          {
              RecoveryRoot = "{{folder}}";
              Graceless = true;
          }
          EXPORT
          {
              Export_Id = 1;
              Path = "{{export.Path}}";
              Pseudo = "/bench";
              Protocols = 3;
              Transports = TCP;
              SecType = sys;
              Access_Type = RW;
              Squash = No_Root_Squash;
              FSAL { Name = VFS; }
          }
          LOG { Default_Log_Level = WARN; }

          """;

    private bool Answers()
    {
        try
        {
            using var nfs = new TcpClient();
            nfs.Connect(IPAddress.Loopback, Export.Port);
            using var mount = new RpcStream(Export.MountPort);
            mount.Call(NfsCalls.MountOf(Export.Path));
            return true;
        }
        catch (Exception exception) when (exception is SocketException or BenchmarkException)
        {
            return false;
        }
    }
}
