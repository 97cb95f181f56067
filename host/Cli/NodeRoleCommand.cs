using System.CommandLine;
using Uss.Host.Cluster;
using Uss.Host.Serve;

namespace Uss.Host.Cli;

/// <summary><c>uss node</c>: one storage node of a cluster; its subcommands show and change the cluster's nodes.</summary>
internal static class NodeRoleCommand
{
    private static readonly Option<string> _name = new("--name")
    {
        Description = "Name of the node, unique in the cluster",
        HelpName = "NAME",
        Required = true,
    };

    private static readonly Option<string> _etcd = new("--etcd")
    {
        Description = "Client URLs of the etcd members, separated by commas",
        HelpName = "URL[,URL]",
        Required = true,
    };

    private static readonly Option<string> _cluster = new("--cluster")
    {
        Description = "File with the cluster's number and key",
        HelpName = "FILE",
        Required = true,
    };

    private static readonly Option<string> _listen = new("--listen")
    {
        Description = "Where other nodes reach this one",
        HelpName = "HOST:PORT",
        Required = true,
    };

    private static readonly Option<string> _rack = new("--rack")
    {
        Description = "The rack that the node stands in",
        HelpName = "RACK",
        DefaultValueFactory = _ => "rack",
    };

    private static readonly Option<string> _site = new("--site")
    {
        Description = "The site of the rack",
        HelpName = "SITE",
        DefaultValueFactory = _ => "site",
    };

    private static readonly Option<int> _demoCopies = new("--demo-copies")
    {
        Description = "Give a new cluster the volume 'demo' with this many copies, once there are as many nodes; 0: none",
        HelpName = "N",
    };

    public static Verb Create() => new Verb(
        "node",
        "Serve as one storage node of a cluster in the foreground, or see the nodes",
        "uss node --name n1 --data /srv/uss --etcd http://10.0.0.1:2379,http://10.0.0.2:2379 --cluster /etc/uss/cluster.json \\",
        "    --listen 10.0.0.1:7400 --iscsi 10.0.0.1:3260 --disk /dev/sdb --rack r1")
        .With(_name, _etcd, _cluster, _listen, _rack, _site, _demoCopies)
        .With(ServeCommand.NodeOptions)
        .With(ClusterCommands.NodeList())
        .Does(async (parsed, _) =>
        {
            using var shutdown = new Shutdown();
            await Service.RunAsync(OptionsOf(parsed), parsed.InvocationConfiguration.Output, shutdown.Asked);
        });

    private static ServeOptions OptionsOf(ParseResult parsed)
    {
        var file = parsed.GetRequiredValue(_cluster);
        var identity = ClusterFiles.Read(file, ClusterFilesJson.Default.ClusterIdentity);
        if (!identity.IsOk && identity.Fault is { } unreadable)
            throw new CommandFailure(unreadable);
        if (identity.Value is not { Key.Length: 32 } known)
        {
            throw CommandFailure.Usage(
                $"--cluster: {file} is not there, or holds no cluster's number and key.",
                "Copy the file from another node of the cluster.");
        }

        var name = parsed.GetRequiredValue(_name);
        if (Volumes.VolumeRules.CheckName(name) is not null)
            throw CommandFailure.Usage($"--name: '{name}' is no name for a node.", "Use 1 to 63 of a-z 0-9 . _ -, for example n1.");
        return ServeCommand.OptionsOf(parsed) with
        {
            Cluster = new ClusterMembership
            {
                Name = name,
                Etcd = [.. parsed.GetRequiredValue(_etcd).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(ParseUrl)],
                ClusterId = known.Id,
                Key = known.Key,
                Listen = ServeCommand.ParseEndpoint("--listen", parsed.GetRequiredValue(_listen)),
                Rack = parsed.GetRequiredValue(_rack),
                Site = parsed.GetRequiredValue(_site),
                DemoCopies = parsed.GetValue(_demoCopies),
            },
        };
    }

    private static Uri ParseUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw CommandFailure.Usage($"--etcd: '{text}' is no URL.", "Use URLs such as http://10.0.0.1:2379, separated by commas.");
}
