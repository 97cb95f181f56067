using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.NfsFrontend.OncRpc;

/// <summary>One UDP socket of a server: each datagram is a call, each reply a datagram.</summary>
internal sealed class RpcDatagramSocket : IReplyPath
{
    // Memory is short, say: what comes meanwhile stays in the socket.
    private const long RetryNs = 100_000_000;

    private readonly IDatagramSocket _socket;
    private readonly RpcPrograms _programs;
    private readonly RpcDatagramOptions _options;
    private readonly Stack<RpcRequest> _idle = new();
    private readonly Queue<RpcRequest> _ready = new();
    private int _calls;
    private bool _isSending;
    private bool _isRefusing;

    public RpcDatagramSocket(Reactor reactor, IDatagramSocket socket, RpcPrograms programs, RpcDatagramOptions options)
    {
        Reactor = reactor;
        _socket = socket;
        _programs = programs;
        _options = options;
    }

    public Reactor Reactor { get; }

    public Endpoint Local => _socket.Local;

    public bool IsDatagram => true;

    public long BegunNs => 0;

    /// <summary>Whether no call is under way.</summary>
    public bool IsIdle => _calls == 0;

    /// <summary>Takes calls until the socket is closed.</summary>
    public async ValueTask RunAsync()
    {
        var buffer = Reactor.Buffers.Rent(IDatagramSocket.ReceiveBytes);
        while (true)
        {
            var received = await _socket.ReceiveAsync(buffer.Slice());
            if (received.Result.Error == Errno.Canceled)
                break;
            if (!received.Result.IsOk)
                await Reactor.DelayAsync(RetryNs);
            else if (!_isRefusing && _calls < _options.MaxCalls && received.Result.Bytes <= _options.MaxCallBytes)
                Take(buffer.Slice(0, received.Result.Bytes), received.Sender);
        }

        buffer.Release();
    }

    /// <summary>Takes no further calls.</summary>
    public void Refuse() => _isRefusing = true;

    public ValueTask CloseAsync() => _socket.CloseAsync();

    public void Send(RpcRequest request)
    {
        request.IsDone = true;
        _ready.Enqueue(request);
        if (_isSending)
            return;
        _isSending = true;
        Reactor.Spawn(SendAllAsync());
    }

    public void End(RpcRequest request)
    {
        _calls--;
        request.Release();
        _idle.Push(request);
    }

    // What is no call is not answered: its sender may not be who it seems to be.
    private void Take(BufferSlice datagram, Endpoint sender)
    {
        if (!RpcCall.TryParse(datagram.Span, out var call))
            return;
        var record = Reactor.Buffers.Rent(datagram.Length);
        datagram.Span.CopyTo(record.Slice().Span);
        if (!_idle.TryPop(out var request))
            request = new RpcRequest(this);
        request.Begin(record, 0, datagram.Length, call, sender);
        _calls++;
        _programs.Dispatch(request, this);
    }

    // A reply that cannot be sent is lost like any other datagram.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask SendAllAsync()
    {
        while (_ready.TryDequeue(out var request))
        {
            await _socket.SendAsync(request.AsDatagram(_options.MaxReplyBytes), request.Client);
            End(request);
        }

        _isSending = false;
    }
}
