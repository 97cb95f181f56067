using System.Diagnostics.CodeAnalysis;
using Uss.Runtime;

namespace Uss.NfsFrontend.OncRpc;

/// <summary>
/// One client's TCP connection: records come in, calls run beside each other, replies leave as they are ready, as many at once as there are.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "RunAsync owns the life of a connection and disposes of what it holds at its end.")]
internal sealed partial class RpcConnection : IReplyPath
{
    private readonly RpcServer _server;
    private readonly IConnection _transport;
    private readonly Stack<RpcRequest> _idle = new();
    private TaskCompletionSource? _waiting;
    private bool _isAborted;

    // Calls without an answer that has left, and their records.
    private int _calls;
    private long _callBytes;

    public RpcConnection(RpcServer server, IConnection transport)
    {
        _server = server;
        _transport = transport;
        Reactor = server.Reactor;
        _buffer = Reactor.Buffers.Rent(BufferBytes);
        BegunNs = _heardNs = Reactor.MonotonicNs;
    }

    public Reactor Reactor { get; }

    public Endpoint Local => _transport.Local;

    public Endpoint Remote => _transport.Remote;

    public bool IsDatagram => false;

    public long BegunNs { get; }

    /// <summary>Why it ended; empty while it has not, or when the client closed it.</summary>
    public string EndReason { get; private set; } = "";

    /// <summary>It ended because what came on it is no RPC.</summary>
    public bool IsMisused { get; private set; }

    /// <summary>Whether its socket is closed; calls may still be under way, whose replies go nowhere.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether no call is under way.</summary>
    public bool IsIdle => _calls == 0;

    private bool IsFull => _calls >= _server.Options.MaxCalls || _callBytes >= _server.Options.MaxCallBytes;

    /// <summary>Serves until the client closes or something breaks the protocol; then frees everything.</summary>
    public async ValueTask RunAsync()
    {
        await ReceiveLoopAsync();

        // A client that closed only its side still gets its answers.
        while (!_isAborted && (_calls > 0 || _isSending))
            await WaitAsync();
        await _transport.CloseAsync();
        IsClosed = true;
        _server.OnTransportClosed();

        // A handler that is still at work refers to its call.
        while (_calls > 0 || _isSending)
            await WaitAsync();
        _record?.Release();
        _record = null;
        _buffer.Release();
        _vector.Dispose();
        _server.OnClosed(this);
    }

    /// <summary>Ends the connection at once.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="isMisuse">The client sent what it may not.</param>
    public void Drop(string reason, bool isMisuse = false)
    {
        if (_isAborted)
            return;
        _isAborted = true;
        IsMisused = isMisuse;
        EndReason = reason;
        _transport.Abort();
        Wake();
    }

    /// <summary>Ends the connection when nothing came on it for long.</summary>
    public void LookAt(long nowNs)
    {
        if (IsIdle && nowNs - _heardNs > _server.Options.IdleTimeoutNs)
            Drop("nothing came for a long time");
    }

    /// <inheritdoc/>
    public void End(RpcRequest request)
    {
        _calls--;
        _callBytes -= request.MessageBytes;
        request.Release();
        _idle.Push(request);
        Wake();
    }

    private async ValueTask WaitAsync()
    {
        _waiting = new TaskCompletionSource();
        await _waiting.Task;
    }

    private void Wake()
    {
        var waiting = _waiting;
        _waiting = null;
        waiting?.TrySetResult();
    }

    private void Dispatch(PageBuffer record, int offset, int length)
    {
        if (!RpcCall.TryParse(record.Slice(offset, length).Span, out var call))
        {
            record.Release();
            Drop("something came that is no call", isMisuse: true);
            return;
        }

        if (!_idle.TryPop(out var request))
            request = new RpcRequest(this);
        request.Begin(record, offset, length, call, Remote);
        _calls++;
        _callBytes += length;
        _server.Programs.Dispatch(request, this);
    }
}
