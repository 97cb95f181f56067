using System.CommandLine;
using Uss.Host.Cluster;
using Uss.Host.Join;
using Uss.Host.Serve;
using Uss.Runtime;

namespace Uss.Host.Cli;

/// <summary><c>uss node</c>: one storage node of a cluster; its subcommands show and change the cluster's nodes.</summary>
internal static class NodeRoleCommand
{
    private static readonly Option<string?> _name = NodeSetup.Name("Name of the node, unique in the cluster");

    private static readonly Option<string?> _etcd = NodeSetup.Etcd("Client URLs of the etcd members, separated by commas");

    private static readonly Option<string?> _cluster = new("--cluster")
    {
        Description = "File with the cluster's number and key [default: cluster.json in the data folder]",
        HelpName = "FILE",
    };

    private static readonly Option<string?> _listen = NodeSetup.Listen();
    private static readonly Option<string?> _rack = NodeSetup.Rack();
    private static readonly Option<string?> _site = NodeSetup.Site();

    private static readonly Option<string[]> _serviceAddress = new("--service-address")
    {
        Description = "An address for NFS clients whose home is this node: another node serves it while this one cannot; with the length of its "
            + "network the address is put on this machine's device there; repeatable, kept in the cluster, see `uss address`",
        HelpName = "HOST[:PORT][/LENGTH]",
    };

    private static readonly Option<bool> _tls = new("--tls")
    {
        Description = "Encrypt connections between nodes, from now on: all nodes of the cluster must, see `uss cluster init --tls`",
    };

    private static readonly Option<int> _demoCopies = new("--demo-copies")
    {
        Description = "Give a new cluster the volume 'demo' with this many copies, once there are as many nodes; 0: none",
        HelpName = "N",
    };

    public static Verb Create() => new Verb(
        "node",
        "Serve as one storage node of a cluster in the foreground, or see the nodes",
        "uss node --data /srv/uss   # set up by `uss cluster init` or `uss cluster join`",
        "uss node --data /srv/uss --disk /dev/sdb --disk /dev/sdc",
        "uss node --data /srv/uss --service-address 192.0.2.100/24   # what NFS clients mount; it moves when this node is down",
        "uss node --name n1 --data /srv/uss --etcd http://10.0.0.1:2379,http://10.0.0.2:2379 --cluster /etc/uss/cluster.json \\",
        "    --listen 10.0.0.1:7400 --iscsi 10.0.0.1:3260 --disk /dev/sdb --rack r1")
        .With(_name, _etcd, _cluster, _listen, _rack, _site, _tls, _serviceAddress, _demoCopies)
        .With(ServeCommand.NodeOptions)
        .With(ClusterCommands.NodeList())
        .With(NodeChangeCommands.Set(), NodeChangeCommands.Drain(), NodeChangeCommands.Undrain(), NodeChangeCommands.Maintenance(), NodeChangeCommands.Remove())
        .Does(async (parsed, _) =>
        {
            using var shutdown = new Shutdown();
            var options = OptionsOf(parsed);
            RememberTls(parsed);
            await Service.RunAsync(options, parsed.InvocationConfiguration.Output, shutdown.Asked);
        });

    /// <summary>Reads and checks the options, and the data folder's file for what they leave out.</summary>
    internal static ServeOptions OptionsOf(ParseResult parsed)
    {
        var folder = GlobalOptions.DataOf(parsed);
        var setup = NodeFile.Read(folder);
        if (!setup.IsOk && setup.Fault is { } unreadable)
            throw new CommandFailure(unreadable);
        var file = setup.Value;
        var known = IdentityOf(parsed.GetValue(_cluster), folder);
        var name = NodeSetup.CheckName(parsed.GetValue(_name) ?? file?.Name ?? throw Missing(_name, folder));
        var etcd = parsed.GetValue(_etcd) is { } urls ? NodeSetup.ParseUrls(urls)
            : file is not null ? NodeSetup.ParseUrls(string.Join(',', file.Etcd))
            : throw Missing(_etcd, folder);
        var listen = ServeCommand.ParseEndpoint("--listen", parsed.GetValue(_listen) ?? file?.Listen ?? throw Missing(_listen, folder));
        if (JoinRules.CheckListen(listen) is { } unreachable)
            throw new CommandFailure(unreachable);
        var options = ServeCommand.OptionsOf(parsed);
        options = options with
        {
            Nfs = ServeCommand.IsNfsGiven(parsed) ? options.Nfs : [new Endpoint(listen.Address, ServeOptions.NfsPort)],
            ServiceAddresses = [.. (parsed.GetValue(_serviceAddress) ?? []).Select(text => ServiceAddressText.Parse(_serviceAddress.Name, text, name))],
            Cluster = new ClusterMembership
            {
                Name = name,
                Etcd = etcd,
                ClusterId = known.Id,
                Key = known.Key,
                IsEncrypting = known.Tls || parsed.GetValue(_tls),
                Listen = listen,
                Rack = NodeSetup.PlaceOf(parsed, _rack) ?? file?.Rack ?? "rack",
                Site = NodeSetup.PlaceOf(parsed, _site) ?? file?.Site ?? "site",
                DemoCopies = parsed.GetValue(_demoCopies),

                // Under another name it is not the machine that joined.
                MemberId = file?.Name == name ? file.MemberId : null,
                IsFounder = file is { IsFounder: true },
            },
        };
        return ServeCommand.IsIscsiGiven(parsed) || file is not { Iscsi.Count: > 0 }
            ? options
            : options with { Iscsi = [.. file.Iscsi.Select(text => ServeCommand.ParseEndpoint("iscsi", text))] };
    }

    // The next start needs no --tls.
    private static void RememberTls(ParseResult parsed)
    {
        var (given, folder) = (parsed.GetValue(_cluster), GlobalOptions.DataOf(parsed));
        if (!parsed.GetValue(_tls) || IdentityOf(given, folder) is not { Tls: false } plain)
            return;
        if (ClusterFiles.Write(PathOf(given, folder), plain with { Tls = true }, ClusterFilesJson.Default.ClusterIdentity) is { } unwritten)
            throw new CommandFailure(unwritten);
    }

    private static string PathOf(string? given, DataFolder folder) => given ?? new ClusterFolder(folder).IdentityFile;

    private static ClusterIdentity IdentityOf(string? given, DataFolder folder)
    {
        var path = PathOf(given, folder);
        var identity = ClusterFiles.Read(path, ClusterFilesJson.Default.ClusterIdentity);
        if (!identity.IsOk && identity.Fault is { } unreadable)
            throw new CommandFailure(unreadable);
        if (identity.Value is { Key.Length: 32 } known)
            return known;
        throw given is null && !File.Exists(path)
            ? Missing(_cluster, folder)
            : CommandFailure.Usage(
                $"--cluster: {path} is not there, or holds no cluster's number and key.", "Copy the file from another node of the cluster.");
    }

    private static CommandFailure Missing(Option option, DataFolder folder) => CommandFailure.Usage(
        $"The data folder {folder.Path} is not set up as a node, and there is no {option.Name}.",
        "Set it up with `uss cluster init` (the first node) or `uss cluster join TOKEN`, or name its folder with --data DIR.");
}
