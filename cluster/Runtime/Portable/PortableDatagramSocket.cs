using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Uss.Runtime.Threaded;

namespace Uss.Runtime.Portable;

/// <summary>A UDP socket of a <see cref="PortableReactor"/>.</summary>
internal sealed class PortableDatagramSocket : IDatagramSocket, IReactorResource
{
    private readonly PortableReactor _reactor;
    private readonly PortableDatagramOperation _receive;
    private readonly PortableDatagramOperation _send;
    private readonly IPEndPoint _anybody;
    private TaskCompletionSource? _closing;
    private int _pending;

    internal PortableDatagramSocket(PortableReactor reactor, Socket socket)
    {
        _reactor = reactor;
        Socket = socket;
        Local = PortableConnection.ToEndpoint(socket.LocalEndPoint);
        _anybody = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        _receive = new PortableDatagramOperation(reactor, this, isSend: false);
        _send = new PortableDatagramOperation(reactor, this, isSend: true);
        reactor.Register(this);
    }

    public Endpoint Local { get; }

    internal Socket Socket { get; }

    internal bool IsClosing => _closing is not null;

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<Datagram> ReceiveAsync(BufferSlice target)
    {
        Invariant.Check(_reactor.IsCurrent && target.Length >= IDatagramSocket.ReceiveBytes);
        if (IsClosing)
            return new Datagram(IoResult.Failed(Errno.Canceled), default);
        _pending++;
        var result = await _receive.Start(target, _anybody);
        return new Datagram(result, result.IsOk ? PortableConnection.ToEndpoint(_receive.RemoteEndPoint) : default);
    }

    public ValueTask<IoResult> SendAsync(BufferSlice source, Endpoint target)
    {
        Invariant.Check(_reactor.IsCurrent);
        var error = IsClosing ? Errno.Canceled : target.IsOfFamily(Local) ? 0 : Errno.Invalid;
        if (error != 0)
            return new ValueTask<IoResult>(IoResult.Failed(error));
        _pending++;
        return _send.Start(source, new IPEndPoint(target.Address, target.Port));
    }

    public ValueTask CloseAsync()
    {
        Invariant.Check(_reactor.IsCurrent);
        if (_closing is null)
        {
            _closing = new TaskCompletionSource();
            if (_pending == 0)
                Close();
            else
                Socket.Dispose();
        }

        return new ValueTask(_closing.Task);
    }

    public void Stop() => _reactor.Spawn(CloseAsync());

    internal void OnOperationEnded()
    {
        _pending--;
        if (_pending == 0 && IsClosing)
            Close();
    }

    private void Close()
    {
        Socket.Dispose();
        _receive.Dispose();
        _send.Dispose();
        _reactor.Unregister(this);
        _closing!.SetResult();
    }
}
