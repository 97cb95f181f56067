namespace Uss.Runtime.Simulated;

/// <summary>One end of a simulated TCP connection.</summary>
internal sealed class SimulatedConnection(SimulatedNetwork network, SimulatedReactor reactor, Endpoint local, Endpoint remote) : IConnection
{
    private SimulatedPipe _incoming = null!;
    private SimulatedPipe _outgoing = null!;

    private SimulatedWait<IoResult>? _receive;
    private BufferSlice _target;
    private int _targetGeneration;
    private bool _isExact;
    private int _received;
    private bool _isReceiveKicked;

    private SimulatedWait<IoResult>? _send;
    private SendVector _vector = null!;
    private long _sent;
    private bool _isSendKicked;

    private int _errno;
    private bool _isPeerEnd;
    private bool _isClosed;

    public SimulatedReactor Reactor { get; } = reactor;

    public SimulatedConnection Peer { get; private set; } = null!;

    public Endpoint Local { get; } = local;

    public Endpoint Remote { get; } = remote;

    /// <summary>True once this end exists no more: segments for it are answered with a reset.</summary>
    public bool IsGone { get; private set; }

    public static void Join(SimulatedConnection first, SimulatedConnection second, int windowBytes)
    {
        first.Peer = second;
        second.Peer = first;
        first._outgoing = second._incoming = first.CreatePipe(second, windowBytes);
        second._outgoing = first._incoming = second.CreatePipe(first, windowBytes);
    }

    public ValueTask<IoResult> ReceiveAsync(BufferSlice target) => Receive(target, isExact: false);

    public ValueTask<IoResult> ReceiveExactlyAsync(BufferSlice target) => Receive(target, isExact: true);

    public ValueTask<IoResult> SendAsync(SendVector vector)
    {
        Reactor.CheckIsCurrent();
        Invariant.Check(_send is null);
        Invariant.Check(vector.TotalBytes > 0);
        if (Reactor.IsCrashed)
            return SimulatedWait<IoResult>.Never;
        _send = new SimulatedWait<IoResult>();
        var task = _send.Task;
        _vector = vector;
        _sent = 0;
        KickSend();
        return task;
    }

    public void Abort()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        if (_errno == 0)
            _outgoing.SendReset();
        Leave();
    }

    public async ValueTask CloseAsync()
    {
        if (!_isClosed)
        {
            if (_receive is not null || _send is not null || _incoming.AvailableBytes > 0)
            {
                Abort();
            }
            else
            {
                _isClosed = true;
                if (_errno == 0)
                    _outgoing.SendEnd();
                Leave();
            }
        }

        while (_receive is not null || _send is not null)
            await Reactor.YieldAsync();
    }

    /// <summary>The connection broke.</summary>
    public void Fail(int errno)
    {
        if (_errno != 0 || _isClosed)
            return;
        _errno = errno;
        Kick();
    }

    /// <summary>The peer closed its side.</summary>
    public void OnPeerEnd()
    {
        _isPeerEnd = true;
        KickReceive();
    }

    /// <summary>The process of this end was killed, or with <paramref name="isSilent"/> its machine lost power.</summary>
    public void OnCrash(bool isSilent)
    {
        if (!IsGone && !isSilent && _errno == 0)
        {
            if (_incoming.AvailableBytes > 0 || network.Random.Chance(0.5))
                _outgoing.SendReset();
            else
                _outgoing.SendEnd();
        }
        else if (isSilent)
        {
            _outgoing.Silence();
        }

        _isClosed = true;
        IsGone = true;
        network.Remove(this);
    }

    public void KickReceive()
    {
        if (_receive is null || _isReceiveKicked)
            return;
        _isReceiveKicked = true;
        Reactor.Post(static state => ((SimulatedConnection)state!).ContinueReceive(), this);
    }

    public void KickSend()
    {
        if (_send is null || _isSendKicked)
            return;
        _isSendKicked = true;
        Reactor.Post(static state => ((SimulatedConnection)state!).ContinueSend(), this);
    }

    private SimulatedPipe CreatePipe(SimulatedConnection target, int windowBytes) =>
        new(Reactor.World, network, this, target, windowBytes);

    private void Leave()
    {
        IsGone = true;
        network.Remove(this);
        Kick();
    }

    private void Kick()
    {
        KickReceive();
        KickSend();
    }

    private ValueTask<IoResult> Receive(BufferSlice target, bool isExact)
    {
        Reactor.CheckIsCurrent();
        Invariant.Check(_receive is null);
        Invariant.Check(target.Length > 0 && target.Buffer.IsRented);
        if (Reactor.IsCrashed)
            return SimulatedWait<IoResult>.Never;
        _receive = new SimulatedWait<IoResult>();
        var task = _receive.Task;
        _target = target;
        _targetGeneration = target.Buffer.Generation;
        _isExact = isExact;
        _received = 0;
        KickReceive();
        return task;
    }

    private void ContinueReceive()
    {
        _isReceiveKicked = false;
        if (_receive is null)
            return;
        Invariant.Check(_target.Buffer.IsRented && _target.Buffer.Generation == _targetGeneration);
        if (_isClosed)
        {
            EndReceive(IoResult.Failed(Errno.Canceled));
            return;
        }

        var bytes = Math.Min(_incoming.AvailableBytes, _target.Length - _received);
        if (bytes > 0)
        {
            if (!_isExact && network.Random.Chance(0.5))
                bytes = 1 + network.Random.Next(bytes);
            _incoming.Read(_target.Span.Slice(_received, bytes));
            _received += bytes;
            if (!_isExact || _received == _target.Length)
                EndReceive(new IoResult(_received));
            else
                KickWhenMore();
        }
        else if (_errno != 0)
        {
            EndReceive(IoResult.Failed(_errno));
        }
        else if (_isPeerEnd)
        {
            EndReceive(new IoResult(_received));
        }
    }

    /// <summary>What ends an exact receive may have arrived before its last bytes were taken.</summary>
    private void KickWhenMore()
    {
        if (_errno != 0 || _isPeerEnd)
            KickReceive();
    }

    private void EndReceive(IoResult result)
    {
        var receive = _receive!;
        _receive = null;
        _target = default;
        receive.Complete(result);
    }

    private void ContinueSend()
    {
        _isSendKicked = false;
        if (_send is null)
            return;
        if (_isClosed || _errno != 0)
        {
            EndSend(IoResult.Failed(_isClosed ? Errno.Canceled : _errno));
            return;
        }

        var bytes = (int)Math.Min(_outgoing.FreeBytes, _vector.TotalBytes - _sent);
        if (bytes > 0)
        {
            if (network.Random.Chance(0.3))
                bytes = 1 + network.Random.Next(bytes);
            TakeFromVector(bytes);
            _outgoing.SendSegment(bytes);
        }

        if (_sent == _vector.TotalBytes)
            EndSend(new IoResult((int)_sent));
        else if (_outgoing.FreeBytes > 0)
            KickSend();
    }

    private void TakeFromVector(int bytes)
    {
        var skip = _sent;
        _sent += bytes;
        foreach (var slice in _vector.Slices)
        {
            if (skip >= slice.Length)
            {
                skip -= slice.Length;
                continue;
            }

            var part = slice.Span.Slice((int)skip, (int)Math.Min(bytes, slice.Length - skip));
            skip = 0;
            _outgoing.Write(part);
            bytes -= part.Length;
            if (bytes == 0)
                return;
        }

        Invariant.Check(bytes == 0);
    }

    private void EndSend(IoResult result)
    {
        var send = _send!;
        _send = null;
        _vector = null!;
        send.Complete(result);
    }
}
