using System.CommandLine;
using Uss.Host.Cluster;
using Uss.Host.Serve;
using Uss.Host.Web;

namespace Uss.Host.Cli;

/// <summary><c>uss web</c></summary>
internal static class WebCommand
{
    private static readonly Option<string> _web = new("--web")
    {
        Description = "Where it listens, on loopback",
        HelpName = "HOST:PORT",
        DefaultValueFactory = _ => ServeOptions.DefaultWeb,
    };

    private static readonly Option<string[]> _node = new("--node")
    {
        Description = "Data folder of a node, or of a cluster, on this machine; repeatable. The first that answers is used",
        HelpName = "DIR",
        Required = true,
    };

    public static Verb Create() => new Verb(
        "web",
        "Serve the REST API on loopback to clients that have its token, through whichever node answers",
        "uss web --data /srv/uss-web --node /srv/uss",
        "uss web --data /srv/uss-web --web 127.0.0.1:8081 --node /srv/node1 --node /srv/node2").With(_web, _node).Does(async (parsed, _) =>
    {
        using var shutdown = new Shutdown();
        await WebService.RunAsync(
            GlobalOptions.DataOf(parsed),
            ServeCommand.ParseEndpoint("--web", parsed.GetRequiredValue(_web)),
            [.. parsed.GetRequiredValue(_node).SelectMany(FoldersOf)],
            parsed.InvocationConfiguration.Output,
            shutdown.Asked);
    });

    // A cluster on one machine stands for its nodes.
    private static IReadOnlyList<DataFolder> FoldersOf(string path)
    {
        var folder = new DataFolder(path);
        var nodes = new ClusterFolder(folder).FindNodeFolders();
        return nodes.Count > 0 ? nodes : [folder];
    }
}
