using System.CommandLine;
using System.Globalization;
using Uss.Host.Cluster;
using Uss.Host.Join;
using Uss.Host.Serve;
using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary><c>uss cluster ...</c>: makes a cluster of machines, and lets machines join.</summary>
internal static class MembershipCommands
{
    public static Verb Create() => new Verb("cluster", "Make a cluster of several machines, or let this machine join one").With(
        Init(), Token(), Join());

    private static Verb Init()
    {
        var name = NodeSetup.Name("Name of this node, unique in the cluster");
        var listen = NodeSetup.Listen();
        var etcd = NodeSetup.Etcd("Client URLs of the etcd members, separated by commas [default: port 2379 of the host of --listen]");
        var (rack, site, iscsi) = (NodeSetup.Rack(), NodeSetup.Site(), NodeSetup.Iscsi());
        var tls = new Option<bool>("--tls") { Description = "Encrypt all connections between the cluster's nodes with TLS 1.3" };
        name.Required = listen.Required = true;
        return new Verb(
            "init",
            "Make a cluster and set up this machine as its first node; `uss node` then serves",
            "uss cluster init --name n1 --data /srv/uss --listen 10.0.0.1:7400",
            "uss cluster init --name n1 --data /srv/uss --listen 10.0.0.1:7400 --etcd http://10.0.0.1:2379,http://10.0.0.2:2379 \\",
            "    --rack r1").With(name, listen, etcd, rack, site, iscsi, tls).Does((parsed, _) =>
        {
            var folder = GlobalOptions.DataOf(parsed);
            var identity = ClusterIdentity.Create(parsed.GetValue(tls));
            var endpoint = ListenOf(parsed.GetRequiredValue(listen)!);
            var isGiven = parsed.GetValue(etcd) is { Length: > 0 };
            var urls = isGiven ? NodeSetup.ParseUrls(parsed.GetValue(etcd)!) : [MembershipText.EtcdUrl(endpoint)];
            if (JoinRules.CheckEtcd(endpoint, urls) is { } unreachable)
                throw new CommandFailure(unreachable);
            var setup = new NodeFile
            {
                Name = NodeSetup.CheckName(parsed.GetRequiredValue(name)!),
                Listen = endpoint.ToString(),
                Etcd = TextOf(urls),
                Rack = NodeSetup.PlaceOf(parsed, rack) ?? "rack",
                Site = NodeSetup.PlaceOf(parsed, site) ?? "site",
                Iscsi = IscsiOf(parsed, iscsi, endpoint),
                MemberId = Guid.NewGuid(),
                IsFounder = true,
            };
            if (setup.Write(folder, identity) is { } fault)
                throw new CommandFailure(fault);
            var printer = GlobalOptions.PrinterOf(parsed);
            printer.Done(
                ViewOf(setup, identity, folder),
                $"made cluster {identity.Id} with node {setup.Name} in {folder.Path}{(identity.Tls ? "; nodes encrypt" : "")}");
            printer.Note(MembershipText.AfterInit(setup, folder, isGiven ? null : endpoint));
            return Task.CompletedTask;
        });
    }

    private static Verb Token()
    {
        var expires = new Option<string>("--expires")
        {
            Description = "How long the token is good: a number with s, m, h or d, at most 7d",
            HelpName = "TIME",
            DefaultValueFactory = _ => "1h",
        };
        return new Verb(
            "token",
            "Make a token with which one machine may join the cluster, once",
            "uss cluster token",
            "uss cluster token --expires 10m").With(expires).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var body = new CreateJoinToken { ValidSeconds = (long)DurationOf("--expires", parsed.GetRequiredValue(expires)).TotalSeconds };
            var token = await api.PostAsync<CreateJoinToken, JoinTokenView>("cluster/tokens", body, cancel);
            var printer = GlobalOptions.PrinterOf(parsed);
            printer.Done(token, token.Token);
            printer.Note(string.Create(
                CultureInfo.InvariantCulture,
                $"good once, for {token.ValidSeconds} s. On the machine that is to join: uss cluster join TOKEN --name NAME --data DIR --listen HOST:PORT"));
        });
    }

    private static Verb Join()
    {
        var token = new Argument<string>("TOKEN") { Description = "What `uss cluster token` printed; '-' reads it from standard input" };
        var name = NodeSetup.Name("Name of this node, unique in the cluster");
        var listen = NodeSetup.Listen();
        var etcd = NodeSetup.Etcd("Client URLs of the etcd members [default: those of the node that answers]");
        var (rack, site, iscsi) = (NodeSetup.Rack(), NodeSetup.Site(), NodeSetup.Iscsi());
        name.Required = listen.Required = true;
        return new Verb(
            "join",
            "Let this machine join a cluster with a token; `uss node` then serves",
            "uss cluster join ussjAX5k... --name n2 --data /srv/uss --listen 10.0.0.2:7400",
            "uss cluster join - --name n2 --data /srv/uss --listen 10.0.0.2:7400 --rack r2 < token").With(
            token, name, listen, etcd, rack, site, iscsi).Does(async (parsed, cancel) =>
        {
            var folder = GlobalOptions.DataOf(parsed);
            var given = parsed.GetRequiredValue(token);
            var read = JoinToken.Parse(given == "-" ? Console.In.ReadLine() ?? "" : given);
            if (!read.IsOk)
                throw new CommandFailure(read.Fault);
            var endpoint = ListenOf(parsed.GetRequiredValue(listen)!);
            var own = NodeSetup.CheckName(parsed.GetRequiredValue(name)!);
            var urls = parsed.GetValue(etcd) is { Length: > 0 } text ? NodeSetup.ParseUrls(text) : null;
            var portals = IscsiOf(parsed, iscsi, endpoint);

            // Looked at before the token is used up.
            if (NodeFile.CheckUnused(folder) is { } used)
                throw new CommandFailure(used);
            var granted = await new JoinGuest(read.Value, own, endpoint).RunAsync(cancel);
            if (!granted.IsOk)
                throw new CommandFailure(granted.Fault);
            var grant = granted.Value;
            var setup = new NodeFile
            {
                Name = own,
                Listen = endpoint.ToString(),
                Etcd = TextOf(urls ?? grant.Etcd),
                Rack = NodeSetup.PlaceOf(parsed, rack) ?? "rack",
                Site = NodeSetup.PlaceOf(parsed, site) ?? "site",
                Iscsi = portals,
                MemberId = grant.MemberId,
            };
            var identity = new ClusterIdentity(read.Value.ClusterId, grant.ClusterKey, grant.Tls);
            if (setup.Write(folder, identity) is { } fault)
                throw new CommandFailure(fault);
            var printer = GlobalOptions.PrinterOf(parsed);
            printer.Done(
                ViewOf(setup, identity, folder),
                $"joined cluster {identity.Id} as node {own}, let in by {grant.Host}{(identity.Tls ? "; nodes encrypt" : "")}");
            if (MembershipText.ClockWarning(grant, DateTimeOffset.UtcNow) is { } warning)
                printer.Note(warning);
            printer.Note(MembershipText.AfterJoin(setup, folder));
        });
    }

    private static MembershipView ViewOf(NodeFile setup, ClusterIdentity identity, DataFolder folder) => new()
    {
        Cluster = identity.Id,
        Encrypted = identity.Tls,
        Name = setup.Name,
        Listen = setup.Listen,
        Etcd = setup.Etcd,
        Data = folder.Path,
    };

    private static Endpoint ListenOf(string text)
    {
        var endpoint = ServeCommand.ParseEndpoint("--listen", text);
        return JoinRules.CheckListen(endpoint) is { } fault ? throw new CommandFailure(fault) : endpoint;
    }

    private static IReadOnlyList<string> IscsiOf(ParseResult parsed, Option<string[]> option, Endpoint listen) =>
        parsed.GetValue(option) is { Length: > 0 } given
            ? [.. given.Select(text => ServeCommand.ParseEndpoint("--iscsi", text).ToString())]
            : [new Endpoint(listen.Address, 3260).ToString()];

    private static IReadOnlyList<string> TextOf(IEnumerable<Uri> urls) => [.. urls.Select(url => url.GetLeftPart(UriPartial.Authority))];

    private static TimeSpan DurationOf(string option, string text)
    {
        var seconds = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 0 };
        const NumberStyles Style = NumberStyles.None;
        if (seconds > 0 && int.TryParse(text.AsSpan(0, text.Length - 1), Style, CultureInfo.InvariantCulture, out var count) && count > 0)
            return TimeSpan.FromSeconds((double)count * seconds);
        throw CommandFailure.Usage($"{option}: '{text}' is no time.", "Use a number with s, m, h or d, for example 30m or 1h.");
    }
}
