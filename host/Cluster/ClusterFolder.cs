using System.Globalization;
using Uss.Host.Serve;

namespace Uss.Host.Cluster;

/// <summary>The data folder of a cluster on one machine, and the names of what is in it.</summary>
internal sealed class ClusterFolder(DataFolder folder)
{
    private const string NodePrefix = "node";

    /// <summary>The folder itself; its lock and log are the supervisor's.</summary>
    public DataFolder Data { get; } = folder;

    /// <summary>Identity and key of the cluster, readable by the owner only.</summary>
    public string IdentityFile => In("cluster.json");

    /// <summary>How many nodes there are, and which ports they use.</summary>
    public string LayoutFile => In("layout.json");

    /// <summary>Where <c>uss dev</c> reaches the supervisor.</summary>
    public string ControlSocket => In("dev.sock");

    /// <summary>Data folder of the web API.</summary>
    public DataFolder Web => new(In("web"));

    /// <summary>etcd's data.</summary>
    public string EtcdFolder => In("etcd");

    /// <summary>etcd's log.</summary>
    public string EtcdLog => Path.Combine(Data.LogFolder, "etcd.log");

    /// <summary>Name of node number <paramref name="index"/>, from 1.</summary>
    public static string NameOf(int index) => NodePrefix + index.ToString(CultureInfo.InvariantCulture);

    /// <summary>Data folder of a node.</summary>
    public DataFolder NodeFolder(int index) => new(In(NameOf(index)));

    /// <summary>The data folders of all nodes that have ever been started here, in the order of their numbers.</summary>
    public IReadOnlyList<DataFolder> FindNodeFolders()
    {
        if (!Directory.Exists(Data.Path))
            return [];
        return
        [
            .. Directory.EnumerateDirectories(Data.Path, NodePrefix + "*")
                .Select(path => (Path: path, Index: IndexOf(Path.GetFileName(path))))
                .Where(found => found.Index > 0)
                .OrderBy(found => found.Index)
                .Select(found => new DataFolder(found.Path)),
        ];
    }

    /// <summary>True when a service of one node has its records here.</summary>
    public bool HoldsSingleNode() => File.Exists(Data.Database);

    private static int IndexOf(string name) =>
        int.TryParse(name.AsSpan(NodePrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : 0;

    private string In(string name) => Path.Combine(Data.Path, name);
}
