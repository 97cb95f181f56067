using Uss.Runtime.Threaded;

namespace Uss.Runtime.IoUring;

/// <summary>A connection of an <see cref="IoUringReactor"/>.</summary>
internal sealed class IoUringConnection : IConnection, IReactorResource
{
    private readonly IoUringReactor _reactor;
    private readonly ReceiveOperation _receive;
    private readonly SendOperation _send;
    private TaskCompletionSource? _closing;
    private int _pending;

    internal IoUringConnection(IoUringReactor reactor, int descriptor, Endpoint local, Endpoint remote)
    {
        _reactor = reactor;
        Descriptor = descriptor;
        Local = local;
        Remote = remote;
        _receive = new ReceiveOperation(reactor, this);
        _send = new SendOperation(reactor, this);
        reactor.Register(this);
    }

    public Endpoint Local { get; }

    public Endpoint Remote { get; }

    internal int Descriptor { get; }

    /// <summary>Closed from this side: whatever the kernel answers, the awaiter sees ECANCELED.</summary>
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
        SocketCalls.SetResetOnClose(Descriptor);
        EndOperations();
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
                EndOperations();
        }

        return new ValueTask(_closing.Task);
    }

    public void Stop()
    {
        if (_closing is null)
            Abort();
        _reactor.Spawn(CloseAsync());
    }

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

    // Shutting the socket down ends what waits for the peer; cancelling ends what the kernel has not come to yet.
    private void EndOperations()
    {
        IsAborted = true;
        SocketCalls.ShutDown(Descriptor);
        _reactor.Cancel(_receive);
        _reactor.Cancel(_send);
    }

    private void Close()
    {
        IsAborted = true;
        _reactor.Submit(new CloseOperation(_reactor, Descriptor, OnClosed));
    }

    private void OnClosed()
    {
        _reactor.Operations.Remove(_receive);
        _reactor.Operations.Remove(_send);
        _send.Free();
        _reactor.Unregister(this);
        _closing!.SetResult();
    }
}
