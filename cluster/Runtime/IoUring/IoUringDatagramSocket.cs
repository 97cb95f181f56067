using System.Runtime.CompilerServices;
using Uss.Runtime.Threaded;

namespace Uss.Runtime.IoUring;

/// <summary>A UDP socket of an <see cref="IoUringReactor"/>.</summary>
internal sealed class IoUringDatagramSocket : IDatagramSocket, IReactorResource
{
    private readonly IoUringReactor _reactor;
    private readonly DatagramOperation _receive;
    private readonly DatagramOperation _send;
    private TaskCompletionSource? _closing;
    private int _pending;

    internal IoUringDatagramSocket(IoUringReactor reactor, int descriptor, Endpoint local)
    {
        _reactor = reactor;
        Descriptor = descriptor;
        Local = local;
        _receive = new DatagramOperation(reactor, this, RingOpcode.ReceiveMessage);
        _send = new DatagramOperation(reactor, this, RingOpcode.SendMessage);
        reactor.Register(this);
    }

    public Endpoint Local { get; }

    internal int Descriptor { get; }

    internal bool IsClosing => _closing is not null;

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<Datagram> ReceiveAsync(BufferSlice target)
    {
        Invariant.Check(_reactor.IsCurrent && target.Length >= IDatagramSocket.ReceiveBytes);
        if (IsClosing)
            return new Datagram(IoResult.Failed(Errno.Canceled), default);
        _pending++;
        var result = await _receive.Start(target);
        return new Datagram(result, result.IsOk ? _receive.Peer.Get() : default);
    }

    public ValueTask<IoResult> SendAsync(BufferSlice source, Endpoint target)
    {
        Invariant.Check(_reactor.IsCurrent);
        var error = IsClosing ? Errno.Canceled : target.IsOfFamily(Local) ? 0 : Errno.Invalid;
        if (error != 0)
            return new ValueTask<IoResult>(IoResult.Failed(error));
        _pending++;
        _send.Peer.Set(target);
        return _send.Start(source);
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
                EndOperations();
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

    private void EndOperations()
    {
        SocketCalls.ShutDown(Descriptor);
        _reactor.Cancel(_receive);
        _reactor.Cancel(_send);
    }

    private void Close() => _reactor.Submit(new CloseOperation(_reactor, Descriptor, OnClosed));

    private void OnClosed()
    {
        _reactor.Operations.Remove(_receive);
        _reactor.Operations.Remove(_send);
        _receive.Free();
        _send.Free();
        _reactor.Unregister(this);
        _closing!.SetResult();
    }
}
