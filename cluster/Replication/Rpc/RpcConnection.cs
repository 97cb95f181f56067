using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Replication.Rpc;

/// <summary>
/// One authenticated TCP connection between two nodes: requests go both ways. Owned by one reactor. See
/// docs/protocols/rpc.md for the wire.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "RunAsync owns the life of a connection and disposes of what it holds at its end.")]
public sealed partial class RpcConnection
{
    // Time that what is queued has to leave when the connection is closed.
    private const long LingerNs = 1_000_000_000;

    private readonly Reactor _reactor;
    private readonly IConnection _transport;
    private readonly IRpcService _service;
    private readonly RpcOptions _options;
    private readonly ChangeSignal _changed = new();
    private readonly RpcArrays _arrays = new();
    private ValueTask? _transportClosing;
    private bool _isClosing;
    private bool _isAborted;
    private bool _isClosed;

    private RpcConnection(Reactor reactor, in RpcTerms terms, IRpcService service, RpcOptions options)
    {
        _reactor = reactor;
        _transport = terms.Transport;
        _service = service;
        _options = options;
        Peer = terms.Peer;
        _slots = new RpcSlots(terms.WindowRequests, terms.WindowBytes);
        _watch = new RpcWatch(reactor, Expire);
        _sendContinuation = OnSent;
        _batch = new RpcBatch(reactor.Buffers);
        _buffer = reactor.Buffers.Rent(BufferBytes);
    }

    /// <summary>The other end.</summary>
    public RpcPeer Peer { get; }

    /// <summary>How far the front-end at the other end has come, as it told last; see <see cref="FrontEndFence"/>.</summary>
    internal long FenceNumber { get; set; }

    /// <summary>The other end's address.</summary>
    public Endpoint Remote => _transport.Remote;

    /// <summary>True until the connection is closed, by either side or by an error.</summary>
    public bool IsOpen => !_isAborted && !_isClosing;

    /// <summary>Why the connection ended, for the log; empty while it is open.</summary>
    public string EndReason { get; private set; } = "";

    /// <summary>Opens a connection to another node. Requests of the peer may come as soon as this returns.</summary>
    /// <returns>
    /// The connection, or a fault: those of <see cref="Reactor.ConnectAsync(Endpoint, long)"/>, or one of the handshake,
    /// whose codes begin with <c>rpc-</c> (see docs/protocols/rpc.md).
    /// </returns>
    public static async ValueTask<Result<RpcConnection>> ConnectAsync(
        Endpoint endpoint, RpcIdentity self, IRpcService service, RpcOptions options)
    {
        var transport = await Reactor.Current.ConnectAsync(endpoint, Milliseconds(options.ConnectTimeoutMs));
        if (!transport.IsOk)
            return transport.Fault;
        return await StartAsync(transport.Value, self, service, options, RpcRole.Dialer);
    }

    /// <summary>Takes over an accepted TCP connection, which is closed when the handshake fails.</summary>
    /// <returns>The connection, or the fault of the handshake.</returns>
    public static ValueTask<Result<RpcConnection>> AcceptAsync(
        IConnection transport, RpcIdentity self, IRpcService service, RpcOptions options) =>
        StartAsync(transport, self, service, options, RpcRole.Acceptor);

    /// <summary>Completes when the connection has ended and all calls have been completed. Handlers may still run.</summary>
    public async ValueTask WaitClosedAsync()
    {
        while (!_isClosed)
            await _changed.WaitAsync();
    }

    /// <summary>Ends the connection at once; the first reason is kept. Calls under way end as lost.</summary>
    public void Abort(string reason)
    {
        if (_isAborted)
            return;
        SetReason(reason);
        _isAborted = true;
        _transport.Abort();
        _changed.Raise();
    }

    /// <summary>
    /// Sends what is queued, for a second at most, then ends the connection and waits until its handlers are done. Not to
    /// be awaited by a handler. Idempotent.
    /// </summary>
    public async ValueTask CloseAsync()
    {
        SetReason("closed by this node");
        _isClosing = true;
        if (!_isAborted && HasOutput)
        {
            var endNs = _reactor.MonotonicNs + LingerNs;
            var timer = _reactor.Schedule(LingerNs, static changed => ((ChangeSignal)changed!).Raise(), _changed);
            while (!_isAborted && HasOutput && _reactor.MonotonicNs < endNs)
                await _changed.WaitAsync();
            timer.Cancel();
        }

        if (!_isAborted)
        {
            // Ends the receive under way. Awaited by the run alone: a task has one awaiter.
            _isAborted = true;
            _transportClosing = _transport.CloseAsync();
        }

        while (!_isClosed || _handlers > 0)
            await _changed.WaitAsync();
    }

    private static async ValueTask<Result<RpcConnection>> StartAsync(
        IConnection transport, RpcIdentity self, IRpcService service, RpcOptions options, RpcRole role)
    {
        var reactor = Reactor.Current;
        var terms = await RpcHandshake.RunAsync(reactor, transport, self, options, role);
        if (!terms.IsOk)
            return terms.Fault;
        var connection = new RpcConnection(reactor, terms.Value, service, options);
        reactor.Spawn(connection.RunAsync());
        return connection;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask RunAsync()
    {
        // The caller gets the connection before the first request is served.
        await _reactor.YieldAsync();
        await ReceiveLoopAsync();
        SetReason("the peer closed the connection");
        if (!_isAborted && _isSending)
            _transport.Abort();
        _isAborted = true;
        EndCalls();
        if (_isSending)
            await WaitForSendAsync();
        DropAnswers();
        DropReceived();
        _buffer.Release();
        _batch.Dispose();
        await (_transportClosing ?? _transport.CloseAsync());
        _isClosed = true;
        _changed.Raise();
    }

    private void SetReason(string reason)
    {
        if (EndReason.Length == 0)
            EndReason = reason;
    }

    private static long Milliseconds(int milliseconds) => milliseconds * 1_000_000L;
}
