using Uss.Runtime;

namespace Uss.Replication.Rpc;

/// <summary>Which end of a connection this is.</summary>
internal enum RpcRole : byte
{
    /// <summary>Opened the TCP connection.</summary>
    Dialer = 1,

    /// <summary>Accepted it.</summary>
    Acceptor = 2,
}

/// <summary>Why the other end is not let in; sent to it before the connection is closed.</summary>
internal enum RpcRefusal : byte
{
    /// <summary>It belongs to another cluster.</summary>
    ForeignCluster = 1,

    /// <summary>There is no version that both speak.</summary>
    Version = 2,

    /// <summary>It has this node's own name.</summary>
    Self = 3,

    /// <summary>Its proof is wrong: another key, or a message of another connection.</summary>
    Proof = 4,

    /// <summary>One of the two encrypts, the other does not.</summary>
    Tls = 5,
}

/// <summary>What a handshake agreed on.</summary>
/// <param name="Peer">The other end.</param>
/// <param name="WindowRequests">Requests that it takes at once.</param>
/// <param name="WindowBytes">Bytes that it takes at once.</param>
/// <param name="Transport">What carries frames from here on: the connection as it came, or TLS over it.</param>
internal readonly record struct RpcTerms(RpcPeer Peer, int WindowRequests, int WindowBytes, IConnection Transport);
