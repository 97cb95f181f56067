using System.Net.Sockets;

namespace Uss.Runtime.Portable;

/// <summary>The accept of a listener.</summary>
internal sealed class PortableAccept(PortableReactor reactor, PortableListener listener) : SocketOperation(reactor)
{
    internal ValueTask<IoResult> Accept()
    {
        Begin();
        AcceptSocket = null;
        Issue();
        return Task;
    }

    protected override bool Start() => listener.Socket.AcceptAsync(this);

    protected override void OnEnded()
    {
        var isTransient = SocketError is SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.TryAgain;
        if (isTransient && !listener.IsClosing)
        {
            Issue();
            return;
        }

        Finish(new IoResult(-SocketErrors.ToErrno(SocketError)));
    }
}
