namespace Uss.WebUi.Contracts;

/// <summary>Body of <c>POST /api/v1/cluster/tokens</c>.</summary>
public sealed record CreateJoinToken
{
    /// <summary>How long the token is good, in seconds: 10 to a week; null: an hour.</summary>
    public long? ValidSeconds { get; init; }
}

/// <summary>A token with which one machine may join the cluster. Shown once.</summary>
public sealed record JoinTokenView
{
    /// <summary>The token, a secret.</summary>
    public required string Token { get; init; }

    /// <summary>How long it is good, in seconds.</summary>
    public required long ValidSeconds { get; init; }

    /// <summary>The cluster.</summary>
    public required Guid Cluster { get; init; }

    /// <summary>Where the machine that joins will ask, as <c>HOST:PORT</c>.</summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"token for cluster {Cluster} (secret hidden)";
}

/// <summary>What <c>uss cluster init</c> and <c>uss cluster join</c> print.</summary>
public sealed record MembershipView
{
    /// <summary>The cluster.</summary>
    public required Guid Cluster { get; init; }

    /// <summary>The node.</summary>
    public required string Name { get; init; }

    /// <summary>Where other nodes reach it.</summary>
    public required string Listen { get; init; }

    /// <summary>Client URLs of etcd's members.</summary>
    public required IReadOnlyList<string> Etcd { get; init; }

    /// <summary>Connections between nodes are encrypted.</summary>
    public bool Encrypted { get; init; }

    /// <summary>Its data folder.</summary>
    public required string Data { get; init; }
}
