using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>What is wrong with a cluster, and how much more may fail, in words.</summary>
public static class ClusterRules
{
    /// <summary>The coordination store does not answer a node of a cluster.</summary>
    public static ProblemItem CoordinationAway { get; } = new(
        "coordination-away",
        "etcd does not answer. What serves goes on; nothing can be changed, and when a node or disk fails now, what it served waits.",
        "Start etcd again; most of its members must run. On one machine: `uss dev start etcd`.");

    /// <summary>One problem a node that is not up.</summary>
    public static IEnumerable<ProblemItem> Check(NodeCluster cluster)
    {
        var effect = EffectOf(cluster);
        foreach (var node in cluster.Nodes)
        {
            if (node.State == "down")
            {
                yield return new ProblemItem(
                    "node-down",
                    $"Node {node.Name} ({node.Address}) is down: its process is gone. {effect}",
                    $"Start it on its machine: `uss node --data DIR`; in a cluster on one machine `uss dev start {node.Name}`.");
            }
            else if (node is { State: "refused", Refusal: { } refusal })
            {
                yield return new ProblemItem(
                    "node-refused", $"Node {node.Name} is not connected: {refusal.Message} {effect}", refusal.Fix);
            }
            else if (node.State == "silent")
            {
                yield return new ProblemItem(
                    "node-silent",
                    $"Node {node.Name} ({node.Address}) answers nothing: it is frozen, cut off or without power. {effect}",
                    $"Look at its machine and network; on one machine `uss dev ls` shows its process and `uss dev thaw {node.Name}` wakes it.");
            }
        }
    }

    /// <summary>The cluster for the status page.</summary>
    /// <param name="cluster">As the node sees it.</param>
    /// <param name="isReachable">The coordination store answers.</param>
    public static ClusterView View(NodeCluster cluster, bool isReachable) => new()
    {
        Nodes = cluster.Nodes,
        Groups = cluster.Groups,
        HealthyGroups = cluster.HealthyGroups,
        DegradedGroups = cluster.DegradedGroups,
        UnavailableGroups = cluster.UnavailableGroups,
        RecoveringGroups = cluster.RecoveringGroups,
        BlocksResynced = cluster.BlocksResynced,
        Encrypted = cluster.IsEncrypting,
        Redundancy = RedundancyOf(cluster),
        CoordinationReachable = isReachable,
    };

    /// <summary>What may still fail.</summary>
    public static string RedundancyOf(NodeCluster cluster)
    {
        if (cluster.Groups == 0)
            return "no data yet";
        if (cluster.UnavailableGroups == cluster.Groups)
            return "nothing is served";
        var served = cluster.UnavailableGroups > 0 ? "of what is served, every block has" : "every block has";
        var least = cluster.DegradedGroups > 0 ? " at least" : "";
        var survives = cluster.FewestCopies > 1
            ? $"{Count(cluster.FewestCopies - 1, "loss", "losses")} of a copy can be survived without loss of data"
            : "the loss of one more copy is a loss of data";
        var goesOn = cluster.FewestSpare > 0
            ? $"{cluster.FewestSpare} without a wait"
            : "but then what it concerns waits";
        return $"{served}{least} {Count(cluster.FewestCopies, "copy", "copies")}; {survives}"
            + (cluster.FewestCopies > 1 ? $", {goesOn}" : "");
    }

    private static string EffectOf(NodeCluster cluster) => cluster switch
    {
        { UnavailableGroups: > 0 } => $"{cluster.UnavailableGroups} of {cluster.Groups} placement groups do not serve.",
        { DegradedGroups: > 0 } => $"All data is served, {cluster.DegradedGroups} of {cluster.Groups} placement groups with fewer copies.",
        _ => "All data is served with all copies.",
    };

    private static string Count(int number, string one, string many) => number == 1 ? $"1 {one}" : $"{number} {many}";
}
