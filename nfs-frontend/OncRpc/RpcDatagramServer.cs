using Uss.Runtime;

namespace Uss.NfsFrontend.OncRpc;

/// <summary>
/// Serves programs of ONC RPC (RFC 5531) over UDP, on one reactor: a datagram is a message, without record marks. For small programs; NFS
/// itself is not served this way.
/// </summary>
public sealed class RpcDatagramServer
{
    private readonly Reactor _reactor;
    private readonly RpcPrograms _programs;
    private readonly RpcDatagramOptions _options;
    private readonly List<RpcDatagramSocket> _sockets = [];

    /// <summary>Creates a server that is not bound yet.</summary>
    /// <param name="reactor">The reactor that it runs on.</param>
    /// <param name="programs">What it serves, each number once.</param>
    /// <param name="options">Its bounds.</param>
    public RpcDatagramServer(Reactor reactor, IEnumerable<IRpcProgram> programs, RpcDatagramOptions options)
    {
        _reactor = reactor;
        _programs = new RpcPrograms(programs);
        _options = options;
    }

    /// <summary>
    /// Binds one more endpoint. Clients accept answers only from the address that they asked: on a machine with several addresses each is
    /// bound by itself.
    /// </summary>
    /// <returns>Where it is bound, with the real port, or why it cannot be.</returns>
    public Result<Endpoint> Bind(Endpoint endpoint)
    {
        var bound = _reactor.BindDatagram(endpoint);
        if (!bound.IsOk)
            return bound.Fault;
        var socket = new RpcDatagramSocket(_reactor, bound.Value, _programs, _options);
        _sockets.Add(socket);
        _reactor.Spawn(socket.RunAsync());
        return socket.Local;
    }

    /// <summary>Serves an endpoint no more.</summary>
    public async ValueTask CloseAsync(Endpoint endpoint)
    {
        if (_sockets.Find(socket => socket.Local == endpoint) is not { } socket)
            return;
        _sockets.Remove(socket);
        socket.Refuse();
        await socket.CloseAsync();
    }

    /// <summary>
    /// Stops: nothing is taken in any more, calls under way are answered within <see cref="RpcDatagramOptions.DrainTimeoutNs"/>, then the
    /// sockets are closed.
    /// </summary>
    public async ValueTask StopAsync()
    {
        foreach (var socket in _sockets)
            socket.Refuse();
        var untilNs = _reactor.MonotonicNs + _options.DrainTimeoutNs;
        while (_sockets.Exists(socket => !socket.IsIdle) && _reactor.MonotonicNs < untilNs)
            await _reactor.DelayAsync(1_000_000);
        foreach (var socket in _sockets)
            await socket.CloseAsync();
    }
}
