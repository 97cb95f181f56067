using Uss.Replication;
using Uss.Replication.Rpc;
using Uss.Runtime;

namespace Uss.Host.Serve;

/// <summary>The cluster that a node serves in, and its place there.</summary>
internal sealed record ClusterMembership
{
    /// <summary>Copies of a volume when nothing else is asked for, where there are as many nodes.</summary>
    public const int DefaultCopies = 3;

    public required string Name { get; init; }

    public required IReadOnlyList<Uri> Etcd { get; init; }

    public required Guid ClusterId { get; init; }

    /// <summary>The secret that the nodes share; never logged.</summary>
    public required byte[] Key { get; init; }

    /// <summary>Connections between nodes are encrypted.</summary>
    public bool IsEncrypting { get; init; }

    /// <summary>Where other nodes reach this one.</summary>
    public required Endpoint Listen { get; init; }

    public string Rack { get; init; } = "rack";

    public string Site { get; init; } = "site";

    /// <summary>Copies of the volume <c>demo</c> that a new cluster gets; 0: none.</summary>
    public int DemoCopies { get; init; }

    /// <summary>What this machine was given when it joined; null: it was started with the cluster's file alone.</summary>
    public Guid? MemberId { get; init; }

    /// <summary>It made the cluster, so that nobody admitted it.</summary>
    public bool IsFounder { get; init; }

    /// <summary>The same for the block layer.</summary>
    /// <param name="guests">Answers machines that want to join.</param>
    /// <param name="refused">Hears why nodes refuse each other.</param>
    public PeerOptions ToPeerOptions(IGuestDesk guests, Action<Fault>? refused = null) => new()
    {
        ClusterId = ClusterId,
        ClusterKey = Key,
        Tls = IsEncrypting ? TlsIdentity.Create() : null,
        Listen = Listen,
        Rack = Rack,
        Site = Site,
        Guests = guests,
        Refused = refused,
    };

    /// <inheritdoc/>
    public override string ToString() => $"node {Name} of cluster {ClusterId}";
}
