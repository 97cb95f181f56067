using Uss.Runtime;

namespace Uss.NfsFrontend.OncRpc;

/// <summary>Serves programs of ONC RPC (RFC 5531) over TCP, on one reactor.</summary>
public sealed class RpcServer
{
    private const int Backlog = 256;
    private const long AcceptRetryNs = 100_000_000;
    private const long TickNs = 5_000_000_000;

    private readonly List<IListener> _listeners = [];
    private readonly HashSet<RpcConnection> _connections = [];
    private readonly Action<DroppedConnection>? _dropped;
    private ReactorTimer? _timer;
    private TaskCompletionSource? _ended;
    private bool _isStopping;

    /// <summary>Creates a server that does not listen yet.</summary>
    /// <param name="reactor">The reactor that it runs on.</param>
    /// <param name="programs">What it serves, each number once.</param>
    /// <param name="options">Its bounds.</param>
    /// <param name="dropped">Told of connections that this side ended.</param>
    public RpcServer(Reactor reactor, IEnumerable<IRpcProgram> programs, RpcServerOptions options, Action<DroppedConnection>? dropped = null)
    {
        Reactor = reactor;
        Options = options;
        Programs = new RpcPrograms(programs);
        _dropped = dropped;
    }

    /// <summary>Connections at this moment.</summary>
    public int Connections => _connections.Count;

    internal Reactor Reactor { get; }

    internal RpcServerOptions Options { get; }

    internal RpcPrograms Programs { get; }

    /// <summary>Listens on one more endpoint.</summary>
    /// <returns>Where it listens, with the real port, or why it cannot.</returns>
    public Result<Endpoint> Listen(Endpoint endpoint)
    {
        var listening = Reactor.Listen(endpoint, Backlog);
        if (!listening.IsOk)
            return listening.Fault;
        _listeners.Add(listening.Value);
        _timer ??= Reactor.Schedule(TickNs, static server => ((RpcServer)server!).Tick(), this);
        Reactor.Spawn(AcceptAsync(listening.Value));
        return listening.Value.Local;
    }

    /// <summary>
    /// Stops: nobody gets in any more, calls under way are answered within <see cref="RpcServerOptions.DrainTimeoutNs"/>, then all
    /// connections are closed. Clients that mount <c>hard</c> send again what was not answered. A handler that takes longer than that goes
    /// on without anybody who waits for it; its call's memory is given back when it ends.
    /// </summary>
    public async ValueTask StopAsync()
    {
        _isStopping = true;
        _timer?.Cancel();
        foreach (var listener in _listeners)
            await listener.CloseAsync();
        var untilNs = Reactor.MonotonicNs + Options.DrainTimeoutNs;
        while (_connections.Any(connection => !connection.IsIdle) && Reactor.MonotonicNs < untilNs)
            await Reactor.DelayAsync(1_000_000);
        foreach (var connection in _connections.ToList())
            connection.Drop("the server stops");
        while (_connections.Any(connection => !connection.IsClosed))
        {
            _ended = new TaskCompletionSource();
            await _ended.Task;
        }
    }

    /// <summary>
    /// Listens on an endpoint no more, and ends the connections to it, also those that came in by all addresses: whoever takes the address
    /// over goes on with the clients.
    /// </summary>
    public async ValueTask CloseAsync(Endpoint endpoint)
    {
        if (_listeners.Find(listener => listener.Local == endpoint) is { } listener)
        {
            _listeners.Remove(listener);
            await listener.CloseAsync();
        }

        foreach (var connection in _connections.Where(connection => connection.Local == endpoint).ToList())
            connection.Drop("its address is served by another node");
    }

    internal void OnClosed(RpcConnection connection)
    {
        _connections.Remove(connection);
        if (connection.EndReason.Length > 0 && !_isStopping)
            _dropped?.Invoke(new DroppedConnection(connection.Remote, connection.EndReason, connection.IsMisused));
    }

    internal void OnTransportClosed() => _ended?.TrySetResult();

    private async ValueTask AcceptAsync(IListener listener)
    {
        while (true)
        {
            var accepted = await listener.AcceptAsync();
            if (!accepted.IsOk && (_isStopping || !_listeners.Contains(listener)))
                return;

            // Out of descriptors, say: those who wait stay in the backlog meanwhile.
            if (!accepted.IsOk)
                await Reactor.DelayAsync(AcceptRetryNs);
            else if (_isStopping || _connections.Count >= Options.MaxConnections)
                await RefuseAsync(accepted.Value);
            else
                Serve(accepted.Value);
        }
    }

    private void Serve(IConnection transport)
    {
        var connection = new RpcConnection(this, transport);
        _connections.Add(connection);
        Reactor.Spawn(connection.RunAsync());
    }

    private async ValueTask RefuseAsync(IConnection transport)
    {
        if (!_isStopping)
            _dropped?.Invoke(new DroppedConnection(transport.Remote, "there are too many connections", IsMisuse: true));
        transport.Abort();
        await transport.CloseAsync();
    }

    private void Tick()
    {
        foreach (var connection in _connections.ToList())
            connection.LookAt(Reactor.MonotonicNs);
        _timer = Reactor.Schedule(TickNs, static server => ((RpcServer)server!).Tick(), this);
    }
}
