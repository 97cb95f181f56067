namespace Uss.Replication.Rpc;

/// <summary>What a node does for others.</summary>
public interface IRpcService
{
    /// <summary>
    /// Carries out a request; called on the connection's reactor, for many requests at once. When the task completes, the
    /// answer in <paramref name="request"/> is sent and the object is used again. An exception is a programming error and
    /// ends the process.
    /// </summary>
    ValueTask HandleAsync(RpcRequest request);
}
