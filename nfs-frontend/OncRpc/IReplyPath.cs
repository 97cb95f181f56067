using Uss.Runtime;

namespace Uss.NfsFrontend.OncRpc;

/// <summary>What calls came on and replies leave by: a connection, or a socket for datagrams.</summary>
internal interface IReplyPath
{
    Reactor Reactor { get; }

    /// <summary>This end, as clients address it.</summary>
    Endpoint Local { get; }

    bool IsDatagram { get; }

    /// <summary>When the client began to use it, on the reactor's clock; of a socket for datagrams nobody knows: 0.</summary>
    long BegunNs { get; }

    /// <summary>Sends the reply that stands in the request, then ends the request.</summary>
    void Send(RpcRequest request);

    /// <summary>Ends a request: its buffers are given back, its object may be used again.</summary>
    void End(RpcRequest request);
}
