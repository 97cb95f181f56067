using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Target.Iscsi;

/// <summary>
/// One TCP connection of an initiator: the login phase, then the carrier of one session. Owned by one reactor.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "RunAsync owns the life of a connection and disposes of what it holds at its end.")]
internal sealed partial class IscsiConnection
{
    // Time that a peer has to close its side after the last answer, before the connection is cut.
    private const long LingerNs = 1_000_000_000;

    private readonly IscsiTarget _target;
    private readonly IConnection _transport;
    private readonly Reactor _reactor;
    private readonly long _startedNs;
    private long _lingerUntilNs = long.MaxValue;
    private long _lastPduNs;
    private long _pingedNs;
    private bool _isAborted;
    private bool _isDiscarding;
    private bool _isClosed;

    /// <summary>Takes over an accepted connection.</summary>
    public IscsiConnection(IscsiTarget target, IConnection transport, Reactor reactor)
    {
        _target = target;
        _transport = transport;
        _reactor = reactor;
        _startedNs = reactor.MonotonicNs;
        _lastPduNs = _startedNs;
        _sendContinuation = OnSent;
        _batch = new OutputBatch(reactor.Buffers);
        _buffer = reactor.Buffers.Rent(LoginBufferBytes);
    }

    /// <summary>The initiator's end.</summary>
    public Endpoint Remote => _transport.Remote;

    /// <summary>This end.</summary>
    public Endpoint Local => _transport.Local;

    /// <summary>The session, once the login succeeded.</summary>
    public IscsiSession? Session { get; private set; }

    /// <summary>The connection was cut.</summary>
    public bool IsOver => _isAborted;

    /// <summary>Its login was refused.</summary>
    public bool WasRefused { get; private set; }

    /// <summary>Why the connection ended, for the log.</summary>
    public string EndReason { get; private set; } = "";

    /// <summary>Both ends are loopback addresses.</summary>
    public bool IsLoopback => _transport.Local.IsLoopback && _transport.Remote.IsLoopback;

    /// <summary>Position in the target's list of connections.</summary>
    public int ListIndex { get; set; }

    /// <summary>Serves the connection to its end.</summary>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    public async ValueTask RunAsync()
    {
        await ReceiveLoopAsync();
        End();
        Session?.EndTasks();
        if (_isSending)
            await WaitForSendAsync();
        while (_output.Take() is { } item)
        {
            item.IsQueued = false;
            item.Release(this);
        }

        _isClosed = true;
        ReleaseSink();
        _buffer.Release();
        _batch.Dispose();
        _negotiation = null;
        await _transport.CloseAsync();
        _target.OnConnectionClosed(this);
        if (Session is { } session)
        {
            await session.WaitForTasksAsync();
            session.Detach();
            _target.OnSessionEnded(session);
        }
    }

    /// <summary>Cuts the connection; the first reason is kept.</summary>
    public void Drop(string reason)
    {
        if (_isAborted)
            return;
        if (EndReason.Length == 0)
            EndReason = reason;
        _isAborted = true;
        _isDiscarding = true;
        _resume?.TrySetResult();
        _transport.Abort();
    }

    // The peer closed its side. With nothing left to send the connection ends by a FIN, else by a reset.
    private void End()
    {
        const string ByInitiator = "the initiator closed the connection";
        if (_isSending || _output.Head is not null)
            Drop(ByInitiator);
        else if (EndReason.Length == 0)
            EndReason = ByInitiator;
        _isAborted = true;
        _isDiscarding = true;
    }

    /// <summary>Stops listening to the initiator: what is queued is sent, what comes is thrown away.</summary>
    public void StopInterpreting(string reason)
    {
        if (EndReason.Length == 0)
            EndReason = reason;
        _isDiscarding = true;
    }

    /// <summary>Waits a moment for the peer to close its side, so that the last answer is not lost in a reset.</summary>
    public void CloseGracefully()
    {
        _isDiscarding = true;
        _lingerUntilNs = _reactor.MonotonicNs + LingerNs;
    }

    /// <summary>Stops listening and closes once what is queued was sent.</summary>
    public void StopAfterOutput(string reason)
    {
        StopInterpreting(reason);
        CloseGracefully();
    }

    /// <summary>Looks after time-outs; called about once a second.</summary>
    public void Tick(long nowNs)
    {
        var options = _target.Options;
        if (nowNs >= _lingerUntilNs && !_isAborted)
        {
            // Ends the receive that waits for the peer's FIN; what was sent before still arrives.
            _isAborted = true;
            _resume?.TrySetResult();
            _reactor.Spawn(_transport.CloseAsync());
        }
        else if (_isSending && nowNs - _sendStartedNs > Milliseconds(options.SendTimeoutMs))
        {
            Drop("the initiator does not read what it is sent");
        }
        else if (Session is not { } session)
        {
            if (nowNs - _startedNs > Milliseconds(options.LoginTimeoutMs))
                Drop("the login took too long");
        }
        else if (session.IsDiscovery)
        {
            if (nowNs - _lastPduNs > Milliseconds(options.DiscoveryTimeoutMs))
                Drop("the discovery session was idle");
        }
        else
        {
            session.Tick(nowNs);
            KeepAlive(session, nowNs);
        }
    }

    internal static long Milliseconds(int milliseconds) => milliseconds * 1_000_000L;

    // RFC 7143, 11.19: a NOP-In with a valid Target Transfer Tag must be answered. Only whole PDUs count as life, so
    // that a peer that trickles bytes is found out too.
    private void KeepAlive(IscsiSession session, long nowNs)
    {
        if (_pingedNs > _lastPduNs)
        {
            if (nowNs - _pingedNs > Milliseconds(_target.Options.KeepAliveTimeoutMs))
                Drop("the initiator no longer answers");
        }
        else if (nowNs - _lastPduNs > Milliseconds(_target.Options.KeepAliveIntervalMs) && !_isDiscarding)
        {
            _pingedNs = nowNs;
            session.Ping();
        }
    }
}
