using System.Net;

namespace Uss.NfsFrontend.Mount;

/// <summary>
/// Who has mounted what through this front-end, as far as it knows: clients that die do not say so. For people; nothing depends on it.
/// </summary>
internal sealed class MountList
{
    // So much fits into one answer, with paths of 1024 bytes too.
    private const int MostEntries = 256;

    private readonly List<(IPAddress Client, byte[] Path)> _mounts = [];

    public IReadOnlyList<(IPAddress Client, byte[] Path)> All => _mounts;

    /// <summary>The newest replace the oldest.</summary>
    public void Add(IPAddress client, byte[] path)
    {
        Remove(client, path);
        if (_mounts.Count == MostEntries)
            _mounts.RemoveAt(0);
        _mounts.Add((client, path));
    }

    public void Remove(IPAddress client, byte[] path) =>
        _mounts.RemoveAll(mount => mount.Client.Equals(client) && mount.Path.AsSpan().SequenceEqual(path));

    public void RemoveAll(IPAddress client) => _mounts.RemoveAll(mount => mount.Client.Equals(client));
}
