using Uss.Replication.Rpc;
using Uss.Runtime;

namespace Uss.Replication;

/// <summary>How a node takes part in a cluster.</summary>
public sealed record PeerOptions
{
    /// <summary>The cluster.</summary>
    public required Guid ClusterId { get; init; }

    /// <summary>The secret that all nodes of the cluster share, 32 bytes.</summary>
    public required ReadOnlyMemory<byte> ClusterKey { get; init; }

    /// <summary>With what connections between nodes are encrypted; null: they are not. The same for the whole cluster.</summary>
    public TlsIdentity? Tls { get; init; }

    /// <summary>Where this node listens for others; what it tells them.</summary>
    public required Endpoint Listen { get; init; }

    /// <summary>The rack that the node stands in.</summary>
    public string Rack { get; init; } = "rack";

    /// <summary>The site of the rack.</summary>
    public string Site { get; init; } = "site";

    /// <summary>Answers machines that want to join; null: they are sent away.</summary>
    public IGuestDesk? Guests { get; init; }

    /// <summary>
    /// Told on the reactor when this node and another one refuse each other (codes <c>rpc-refused-*</c>), or TLS fails. What
    /// strangers send at will comes here too: the receiver limits what it does with it.
    /// </summary>
    public Action<Fault>? Refused { get; init; }

    /// <summary>How often a node asks the others for a lease, in nanoseconds.</summary>
    public long HeartbeatNs { get; init; } = 200_000_000;

    /// <summary>How long a granted lease holds from when it was asked for, in nanoseconds.</summary>
    public long LeaseNs { get; init; } = 750_000_000;

    /// <summary>
    /// How long a node keeps the promise of the last lease that it granted, in nanoseconds: longer than the lease, so that
    /// clocks may differ in speed.
    /// </summary>
    public long GraceNs { get; init; } = 1_500_000_000;

    /// <summary>How long a starting node waits for others before it goes on without them, in nanoseconds.</summary>
    public long StartPatienceNs { get; init; } = 5_000_000_000;
}
