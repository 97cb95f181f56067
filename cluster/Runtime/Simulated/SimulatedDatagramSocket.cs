namespace Uss.Runtime.Simulated;

/// <summary>A UDP socket of a simulated host.</summary>
internal sealed class SimulatedDatagramSocket(SimulatedNetwork network, SimulatedReactor reactor, Endpoint local) : IDatagramSocket
{
    // The longest that IPv4 carries.
    private const int LongestBytes = 65_507;

    private readonly Queue<(Endpoint Sender, byte[] Bytes)> _arrived = [];
    private int _arrivedBytes;
    private SimulatedWait<Datagram>? _receive;
    private BufferSlice _target;
    private int _targetGeneration;
    private SimulatedWait<IoResult>? _send;
    private BufferSlice _source;
    private Endpoint _sendTarget;
    private bool _isClosed;

    public SimulatedReactor Reactor { get; } = reactor;

    public Endpoint Local { get; } = local;

    public ValueTask<Datagram> ReceiveAsync(BufferSlice target)
    {
        Reactor.CheckIsCurrent();
        Invariant.Check(_receive is null && target.Length >= IDatagramSocket.ReceiveBytes && target.Buffer.IsRented);
        if (Reactor.IsCrashed)
            return SimulatedWait<Datagram>.Never;
        _receive = new SimulatedWait<Datagram>();
        var task = _receive.Task;
        (_target, _targetGeneration) = (target, target.Buffer.Generation);
        KickReceive();
        return task;
    }

    public ValueTask<IoResult> SendAsync(BufferSlice source, Endpoint target)
    {
        Reactor.CheckIsCurrent();
        Invariant.Check(_send is null);
        if (Reactor.IsCrashed)
            return SimulatedWait<IoResult>.Never;
        _send = new SimulatedWait<IoResult>();
        var task = _send.Task;
        (_source, _sendTarget) = (source, target);
        Reactor.Post(static state => ((SimulatedDatagramSocket)state!).ContinueSend(), this);
        return task;
    }

    public async ValueTask CloseAsync()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            network.Remove(this);
            _arrived.Clear();
            KickReceive();
        }

        while (_receive is not null || _send is not null)
            await Reactor.YieldAsync();
    }

    public void Arrive(Endpoint sender, byte[] bytes)
    {
        if (_arrivedBytes + bytes.Length > network.DatagramBufferBytes)
        {
            network.CountLoss();
            return;
        }

        _arrived.Enqueue((sender, bytes));
        _arrivedBytes += bytes.Length;
        KickReceive();
    }

    private void KickReceive() => Reactor.Post(static state => ((SimulatedDatagramSocket)state!).ContinueReceive(), this);

    private void ContinueReceive()
    {
        if (_receive is not { } receive)
            return;
        Invariant.Check(_target.Buffer.IsRented && _target.Buffer.Generation == _targetGeneration);
        if (_isClosed)
        {
            _receive = null;
            receive.Complete(new Datagram(IoResult.Failed(Errno.Canceled), default));
        }
        else if (_arrived.TryDequeue(out var next))
        {
            _receive = null;
            _arrivedBytes -= next.Bytes.Length;
            next.Bytes.CopyTo(_target.Span);
            receive.Complete(new Datagram(new IoResult(next.Bytes.Length), next.Sender));
        }
    }

    private void ContinueSend()
    {
        var send = _send!;
        var length = _source.Length;
        var error = _isClosed ? Errno.Canceled
            : !_sendTarget.IsOfFamily(Local) ? Errno.Invalid
            : length > LongestBytes ? Errno.MessageSize
            : 0;
        if (error == 0)
            network.Send(this, _sendTarget, _source.Span.ToArray());
        _send = null;
        _source = default;
        send.Complete(error == 0 ? new IoResult(length) : IoResult.Failed(error));
    }
}
