using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.Owners;

namespace Uss.NfsFrontend;

/// <summary>Bounds of the NFS front-end of one node.</summary>
public sealed record NfsServerOptions
{
    /// <summary>Connections and calls.</summary>
    public RpcServerOptions Rpc { get; init; } = new();

    /// <summary>Calls by UDP.</summary>
    public RpcDatagramOptions Datagrams { get; init; } = new();

    /// <summary>File systems that the node owns.</summary>
    public OwnerOptions Owners { get; init; } = new();
}
