using System.Globalization;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary><c>uss node ls</c>, and the cluster's lines in <c>uss status</c>.</summary>
internal static class ClusterCommands
{
    public static Verb NodeList() => new Verb(
        "ls",
        "List the nodes of the cluster, as the node sees them that answers",
        "uss node ls",
        "uss node ls -o json").Does(async (parsed, cancel) =>
    {
        using var api = new ApiClient(GlobalOptions.DataOf(parsed));
        var nodes = await api.ListAsync<NodeView>("nodes", cancel);
        GlobalOptions.PrinterOf(parsed).List(
            nodes,
            ("name", node => node.Name),
            ("state", node => node.Mode == "normal" ? node.State : $"{node.State}, {node.Mode}"),
            ("address", node => node.Address.Length > 0 ? node.Address : "-"),
            ("rack", node => node.Rack),
            ("site", node => node.Site),
            ("disks", node => Text(node.Disks)),
            ("used", node => node.UsedBytes is { } used ? ByteSize.Format(used) : "-"),
            ("of", node => ByteSize.Format(node.DataBytes)),
            ("copies", node => Text(node.Copies)),
            ("primary", node => Text(node.PrimaryGroups)),
            ("in sync", node => Text(node.InSyncGroups)));
    });

    /// <summary>The lines of <c>uss status</c>; none for a node that is alone.</summary>
    public static IEnumerable<(string Heading, string Cell)> Lines(ClusterView? cluster)
    {
        if (cluster is null)
            yield break;
        yield return ("nodes", string.Join("; ", cluster.Nodes.GroupBy(node => node.State).OrderByDescending(state => state.Key == "up")
            .ThenBy(state => state.Key, StringComparer.Ordinal)
            .Select(state => $"{state.Count()} {state.Key}: {string.Join(", ", state.Select(node => node.Name))}")));
        yield return ("placement groups", string.Create(
            CultureInfo.InvariantCulture,
            $"{cluster.Groups}: {cluster.HealthyGroups} healthy, {cluster.DegradedGroups} degraded, {cluster.UnavailableGroups} unavailable")
            + (cluster.RecoveringGroups > 0 ? $"; {Text(cluster.RecoveringGroups)} recovering" : ""));
        yield return ("redundancy", cluster.Redundancy);
        yield return ("between nodes", cluster.Encrypted ? "TLS 1.3" : "authenticated, not encrypted");
        yield return ("etcd", cluster.CoordinationReachable ? "answers" : "does not answer");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
