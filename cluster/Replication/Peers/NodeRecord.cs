using Uss.Coordination;

namespace Uss.Replication;

/// <summary>What the coordination store knows of a node, under <c>nodes/NAME</c>.</summary>
public sealed record NodeRecord : ICheckedRecord
{
    /// <summary>Prefix of all node records.</summary>
    public const string Prefix = "nodes/";

    /// <summary>Name, unique in the cluster.</summary>
    public required string Name { get; init; }

    /// <summary>Where other nodes reach it, as <c>HOST:PORT</c>.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The rack that it stands in.</summary>
    public string Rack { get; init; } = "rack";

    /// <summary>The site of the rack.</summary>
    public string Site { get; init; } = "site";

    /// <inheritdoc/>
    public string? FindFlaw() =>
        Runtime.Endpoint.TryParse(Endpoint, out _) ? null : $"'{Endpoint}' is no address and port";

    /// <summary>Key of a node's record.</summary>
    public static string KeyOf(string name) => Prefix + name;

    /// <summary>Key of the record of the machine that may run under the name; whoever lets machines join writes it.</summary>
    public static string MemberKeyOf(string name) => "members/" + name;

    /// <summary>Key that is there from a node's removal until a machine joins under its name.</summary>
    public static string RemovedKeyOf(string name) => "removed-nodes/" + name;

    /// <summary>By this, whoever starts nodes tells one that was removed from one that fails.</summary>
    public const string RemovedText = "is no member of the cluster any more: it was removed.";

    /// <summary>Why a node that was taken out of the cluster does not start or take disks.</summary>
    /// <param name="name">The node.</param>
    /// <param name="hasJoined">It joined with a token; else it was started with the cluster's file alone.</param>
    public static Runtime.Fault Removed(string name, bool hasJoined = true) => new(
        "node-removed",
        $"Node {name} {RemovedText}",
        hasJoined
            ? "Join again with a fresh token and an empty data folder: `uss cluster token` on a node of the cluster."
            : "Leave it down, or start it under another name with an empty data folder.");
}
