using System.Net;
using System.Net.Sockets;
using Uss.Runtime.Threaded;

namespace Uss.Runtime.Portable;

/// <summary>A connection of a <see cref="PortableReactor"/>.</summary>
internal sealed class PortableConnection : IConnection, IReactorResource
{
    private readonly PortableReactor _reactor;
    private readonly PortableReceive _receive;
    private readonly PortableSend _send;
    private TaskCompletionSource? _closing;
    private int _pending;

    internal PortableConnection(PortableReactor reactor, Socket socket)
    {
        _reactor = reactor;
        Socket = socket;
        socket.NoDelay = true;
        Local = ToEndpoint(socket.LocalEndPoint);
        Remote = ToEndpoint(socket.RemoteEndPoint);
        _receive = new PortableReceive(reactor, this);
        _send = new PortableSend(reactor, this);
        reactor.Register(this);
    }

    public Endpoint Local { get; }

    public Endpoint Remote { get; }

    internal Socket Socket { get; }

    /// <summary>Closed from this side: whatever the socket answers, the awaiter sees ECANCELED.</summary>
    internal bool IsAborted { get; private set; }

    public ValueTask<IoResult> ReceiveAsync(BufferSlice target) => Receive(target, isExact: false);

    public ValueTask<IoResult> ReceiveExactlyAsync(BufferSlice target) => Receive(target, isExact: true);

    public ValueTask<IoResult> SendAsync(SendVector vector)
    {
        Invariant.Check(_reactor.IsCurrent && vector.TotalBytes <= int.MaxValue);
        if (IsAborted)
            return new ValueTask<IoResult>(IoResult.Failed(Errno.Canceled));
        if (vector.TotalBytes == 0)
            return new ValueTask<IoResult>(new IoResult(0));
        _pending++;
        return _send.Start(vector);
    }

    public void Abort()
    {
        Invariant.Check(_reactor.IsCurrent);
        if (IsAborted)
            return;
        try
        {
            Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (SocketException)
        {
            // The peer has ended the connection already.
        }

        IsAborted = true;
        Socket.Dispose();
    }

    public ValueTask CloseAsync()
    {
        Invariant.Check(_reactor.IsCurrent);
        if (_closing is null)
        {
            _closing = new TaskCompletionSource();
            if (_pending == 0)
                Close();
            else if (!IsAborted)
                ShutDown();
        }

        return new ValueTask(_closing.Task);
    }

    public void Stop()
    {
        if (_closing is null)
            Abort();
        _reactor.Spawn(CloseAsync());
    }

    internal static Endpoint ToEndpoint(EndPoint? endpoint) =>
        endpoint is IPEndPoint address ? new Endpoint(address.Address, address.Port) : default;

    internal void OnOperationEnded()
    {
        _pending--;
        if (_pending == 0 && _closing is not null)
            Close();
    }

    private ValueTask<IoResult> Receive(BufferSlice target, bool isExact)
    {
        Invariant.Check(_reactor.IsCurrent && target.Length > 0);
        if (IsAborted)
            return new ValueTask<IoResult>(IoResult.Failed(Errno.Canceled));
        _pending++;
        return _receive.Start(target, isExact);
    }

    // Ends waiting operations; what was sent before still reaches the peer.
    private void ShutDown()
    {
        IsAborted = true;
        try
        {
            Socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            Socket.Dispose();
        }
    }

    private void Close()
    {
        IsAborted = true;
        Socket.Dispose();
        _receive.Dispose();
        _send.Dispose();
        _reactor.Unregister(this);
        _closing!.SetResult();
    }
}
