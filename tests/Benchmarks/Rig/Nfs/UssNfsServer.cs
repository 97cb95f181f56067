namespace Uss.Benchmarks.Rig.Nfs;

/// <summary><c>uss serve</c> with its file system <c>default</c> on one disk file.</summary>
internal sealed class UssNfsServer : INfsServer
{
    private readonly UssServer _service;

    /// <summary>Starts it.</summary>
    /// <param name="folder">Where the disk file goes.</param>
    /// <param name="diskSize">Its size; it is sparse.</param>
    public UssNfsServer(string folder, string diskSize)
    {
        var ports = FreePort.Take(2);
        Export = new NfsExport(ports[1], ports[1], "/default");
        _service = UssServer.CreateForFiles(folder, ports[0], ports[1], diskSize);
    }

    public string Name => _service.Name;

    public string Url => Export.Url;

    public int ProcessId => _service.ProcessId;

    public NfsExport Export { get; }

    /// <summary>As <see cref="UssServer.Start"/>.</summary>
    public TimeSpan Start() => _service.Start();

    /// <summary>As <see cref="UssServer.Kill"/>.</summary>
    public void Kill() => _service.Kill();

    /// <summary>As <see cref="UssServer.Command"/>.</summary>
    public void Command(params string[] arguments) => _service.Command(arguments);

    public void Dispose() => _service.Dispose();
}
