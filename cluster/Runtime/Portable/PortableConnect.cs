using System.Net;
using System.Net.Sockets;

namespace Uss.Runtime.Portable;

/// <summary>One attempt to connect.</summary>
internal sealed class PortableConnect(PortableReactor reactor, Socket socket) : SocketOperation(reactor)
{
    internal ValueTask<IoResult> Connect(Endpoint endpoint)
    {
        Begin();
        RemoteEndPoint = new IPEndPoint(endpoint.Address, endpoint.Port);
        Issue();
        return Task;
    }

    protected override bool Start() => socket.ConnectAsync(this);

    protected override void OnEnded() => Finish(new IoResult(-SocketErrors.ToErrno(SocketError)));
}
