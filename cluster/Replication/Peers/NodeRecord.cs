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

    /// <summary>Why a node that was taken out of the cluster does not start or take disks.</summary>
    public static Runtime.Fault Removed(string name) => new(
        "node-removed", $"Node {name} was removed from the cluster.", "Join again with a fresh token and an empty data folder.");
}
