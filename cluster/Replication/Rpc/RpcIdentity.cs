namespace Uss.Replication.Rpc;

/// <summary>Who this node is to others.</summary>
/// <param name="ClusterId">The cluster that it belongs to.</param>
/// <param name="NodeName">Its name, 1 to 64 bytes of UTF-8, unique in the cluster.</param>
/// <param name="Incarnation">Which start of the node this is; grows from start to start.</param>
/// <param name="ClusterKey">The secret that all nodes of the cluster share: 32 random bytes.</param>
public sealed record RpcIdentity(Guid ClusterId, string NodeName, ulong Incarnation, ReadOnlyMemory<byte> ClusterKey);

/// <summary>The other end of a connection, which has proved that it knows the cluster key.</summary>
/// <param name="NodeName">Its name.</param>
/// <param name="Incarnation">Which start of the node it is.</param>
/// <param name="ProtocolVersion">The highest version of the protocol that both ends speak.</param>
public sealed record RpcPeer(string NodeName, ulong Incarnation, int ProtocolVersion);
