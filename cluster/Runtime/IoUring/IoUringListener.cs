using Uss.Runtime.Threaded;

namespace Uss.Runtime.IoUring;

/// <summary>A listening socket of an <see cref="IoUringReactor"/>.</summary>
internal sealed class IoUringListener : IListener, IReactorResource
{
    private readonly IoUringReactor _reactor;
    private readonly AcceptOperation _accept;
    private TaskCompletionSource? _closing;
    private bool _isAccepting;

    internal IoUringListener(IoUringReactor reactor, int descriptor, Endpoint local)
    {
        _reactor = reactor;
        Descriptor = descriptor;
        Local = local;
        _accept = new AcceptOperation(reactor, this);
        reactor.Register(this);
    }

    public Endpoint Local { get; }

    internal int Descriptor { get; }

    internal bool IsClosing => _closing is not null;

    public async ValueTask<Result<IConnection>> AcceptAsync()
    {
        Invariant.Check(_reactor.IsCurrent && !_isAccepting);
        if (IsClosing)
            return SocketFaults.ListenerClosed(Local);
        _isAccepting = true;
        var result = await _accept.Start();
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
            {
                SocketCalls.ShutDown(Descriptor);
                _reactor.Cancel(_accept);
            }
            else
            {
                Close();
            }
        }

        return new ValueTask(_closing.Task);
    }

    public void Stop() => _reactor.Spawn(CloseAsync());

    private Result<IConnection> Finish(IoResult result)
    {
        if (IsClosing)
        {
            if (result.IsOk)
                _ = Libc.Close(result.Value);
            return SocketFaults.ListenerClosed(Local);
        }

        if (!result.IsOk)
            return SocketFaults.ForAccept(Local, result.Error);
        var descriptor = result.Value;
        SocketCalls.SetNoDelay(descriptor);
        var remote = _accept.Remote.Get();
        var local = SocketCalls.LocalOf(descriptor, _accept.Remote);
        return Result<IConnection>.Ok(new IoUringConnection(_reactor, descriptor, local, remote));
    }

    private void Close() => _reactor.Submit(new CloseOperation(_reactor, Descriptor, OnClosed));

    private void OnClosed()
    {
        _reactor.Operations.Remove(_accept);
        _accept.Free();
        _reactor.Unregister(this);
        _closing!.SetResult();
    }
}
