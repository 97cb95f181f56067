namespace Uss.Benchmarks.Rig.Nfs;

/// <summary>An export of a server on this machine.</summary>
/// <param name="Port">Where NFS is, by TCP on 127.0.0.1.</param>
/// <param name="MountPort">Where MOUNT is.</param>
/// <param name="Path">What is mounted.</param>
internal sealed record NfsExport(int Port, int MountPort, string Path)
{
    /// <summary>As libnfs takes it.</summary>
    public string Url => $"nfs://127.0.0.1{Path}?version=3&nfsport={Port}&mountport={MountPort}";
}
