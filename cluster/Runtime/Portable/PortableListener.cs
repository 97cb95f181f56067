using System.Net.Sockets;
using Uss.Runtime.Threaded;

namespace Uss.Runtime.Portable;

/// <summary>A listening socket of a <see cref="PortableReactor"/>.</summary>
internal sealed class PortableListener : IListener, IReactorResource
{
    private readonly PortableReactor _reactor;
    private readonly PortableAccept _accept;
    private TaskCompletionSource? _closing;
    private bool _isAccepting;

    internal PortableListener(PortableReactor reactor, Socket socket)
    {
        _reactor = reactor;
        Socket = socket;
        Local = PortableConnection.ToEndpoint(socket.LocalEndPoint);
        _accept = new PortableAccept(reactor, this);
        reactor.Register(this);
    }

    public Endpoint Local { get; }

    internal Socket Socket { get; }

    internal bool IsClosing => _closing is not null;

    public async ValueTask<Result<IConnection>> AcceptAsync()
    {
        Invariant.Check(_reactor.IsCurrent && !_isAccepting);
        if (IsClosing)
            return SocketFaults.ListenerClosed(Local);
        _isAccepting = true;
        var result = await _accept.Accept();
        _isAccepting = false;
        var accepted = Finish(result);
        if (IsClosing)
            Close();
        return accepted;
    }

    public ValueTask CloseAsync()
    {
        Invariant.Check(_reactor.IsCurrent);
        if (_closing is null)
        {
            _closing = new TaskCompletionSource();
            if (_isAccepting)
                Socket.Dispose();
            else
                Close();
        }

        return new ValueTask(_closing.Task);
    }

    public void Stop() => _reactor.Spawn(CloseAsync());

    private Result<IConnection> Finish(IoResult result)
    {
        var socket = _accept.AcceptSocket;
        if (IsClosing)
        {
            socket?.Dispose();
            return SocketFaults.ListenerClosed(Local);
        }

        if (!result.IsOk)
            return SocketFaults.ForAccept(Local, result.Error);
        try
        {
            return Result<IConnection>.Ok(new PortableConnection(_reactor, socket!));
        }
        catch (SocketException exception)
        {
            // It ended before it was looked at.
            socket!.Dispose();
            return SocketFaults.ForAccept(Local, SocketErrors.ToErrno(exception.SocketErrorCode));
        }
    }

    private void Close()
    {
        Socket.Dispose();
        _accept.Dispose();
        _reactor.Unregister(this);
        _closing!.SetResult();
    }
}
