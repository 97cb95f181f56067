using System.Net;

namespace Uss.Runtime.Simulated;

/// <summary>
/// TCP between the hosts of a simulated world: bytes arrive in order, in pieces of any size, late, or not at all while a
/// link is blocked; connections are reset, refused and time out. And UDP: datagrams arrive in any order, twice or never.
/// </summary>
public sealed partial class SimulatedNetwork
{
    private const int FirstEphemeralPort = 32768;
    private const int EndEphemeralPort = 61000;

    private readonly SimulatedWorld _world;
    private readonly Dictionary<(SimulatedHost From, SimulatedHost To), SimulatedLink> _links = [];
    private readonly List<SimulatedListener> _listeners = [];
    private readonly List<SimulatedConnection> _connections = [];
    private int _nextPort = FirstEphemeralPort;

    internal SimulatedNetwork(SimulatedWorld world)
    {
        _world = world;
        Random = SeededRandom.Stream(world.Seed, "network");
    }

    /// <summary>Time without an answer after which a connection, or an attempt at one, fails with ETIMEDOUT, in nanoseconds.</summary>
    public long TimeoutNs { get; set; } = 20_000_000_000;

    /// <summary>Bytes of one direction of a connection that sender and receiver hold between them.</summary>
    public int WindowBytes { get; set; } = 128 << 10;

    /// <summary>Connections that are open at one end at least, counted by ends.</summary>
    public int OpenConnections => _connections.Count;

    internal SeededRandom Random { get; }

    /// <summary>The link from one host to another, to be changed; both directions differ.</summary>
    public SimulatedLink Link(SimulatedHost source, SimulatedHost target)
    {
        if (!_links.TryGetValue((source, target), out var link))
            _links[(source, target)] = link = new SimulatedLink();
        return link;
    }

    /// <summary>Gives every link its default behaviour again.</summary>
    public void Heal() => _links.Clear();

    /// <summary>Resets every connection between two hosts (or, with null, of the first with anybody).</summary>
    public void Reset(SimulatedHost first, SimulatedHost? second = null)
    {
        foreach (var connection in _connections.ToArray())
        {
            if (connection.Reactor.Host == first && (second is null || connection.Peer.Reactor.Host == second))
                ResetBoth(connection);
        }
    }

    internal Result<IListener> Listen(SimulatedReactor reactor, Endpoint endpoint, int backlog)
    {
        if (endpoint.Port == 0)
            endpoint = endpoint with { Port = NextPort() };
        foreach (var other in _listeners)
        {
            if (other.Reactor.Host == reactor.Host && Collide(other.Local, endpoint))
                return InUse(endpoint);
        }

        var listener = new SimulatedListener(this, reactor, endpoint, Math.Max(backlog, 1));
        _listeners.Add(listener);
        return Result<IListener>.Ok(listener);
    }

    internal void Remove(SimulatedListener listener) => _listeners.Remove(listener);

    internal void Remove(SimulatedConnection connection) => _connections.Remove(connection);

    internal ValueTask<Result<IConnection>> ConnectAsync(SimulatedReactor reactor, Endpoint endpoint)
    {
        if (reactor.IsCrashed)
            return SimulatedWait<Result<IConnection>>.Never;
        var wait = new SimulatedWait<Result<IConnection>>();
        var target = endpoint.IsLoopback || IsAny(endpoint.Address) ? reactor.Host : _world.HostAt(endpoint.Address);
        var outward = DelayNs(reactor.Host, target ?? reactor.Host);
        _world.Add(outward, EventKind.Network, null, _ => Arrive(reactor, target, endpoint, wait), null);
        return wait.Task;
    }

    internal void OnCrash(SimulatedReactor reactor, bool isSilent)
    {
        _listeners.RemoveAll(listener => listener.Reactor == reactor);
        _sockets.RemoveAll(socket => socket.Reactor == reactor);
        foreach (var connection in _connections.ToArray())
        {
            if (connection.Reactor == reactor)
                connection.OnCrash(isSilent);
        }
    }

    /// <summary>Time that a segment takes, in nanoseconds.</summary>
    internal long DelayNs(SimulatedHost source, SimulatedHost target)
    {
        var link = Link(source, target);
        var delayNs = link.ShortestDelayNs + Random.Next(link.LongestDelayNs - link.ShortestDelayNs + 1);
        if (!Random.Chance(link.TailProbability))
            return delayNs;
        _world.Count(FaultKind.LatencyTail);
        return delayNs + Random.Next(link.TailNs + 1);
    }

    internal void ResetBoth(SimulatedConnection connection)
    {
        _world.Count(FaultKind.ConnectionReset);
        FailLater(connection);
        FailLater(connection.Peer);
    }

    internal void FailLater(SimulatedConnection connection) => _world.Add(
        DelayNs(connection.Peer.Reactor.Host, connection.Reactor.Host),
        EventKind.Network,
        null,
        static state => ((SimulatedConnection)state!).Fail(Errno.ConnectionReset),
        connection);

    /// <summary>Ports come round again; by then those who had them before are long gone.</summary>
    private int NextPort()
    {
        var port = _nextPort;
        _nextPort = port + 1 < EndEphemeralPort ? port + 1 : FirstEphemeralPort;
        return port;
    }

    private static bool Collide(Endpoint first, Endpoint second) =>
        first.Port == second.Port && (first.Address.Equals(second.Address) || IsAny(first.Address) || IsAny(second.Address));

    private static Fault InUse(Endpoint endpoint) =>
        new("address-in-use", $"{endpoint} is in use.", "Stop the other program, or choose another port.");

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    /// <summary>A SYN reached the other host, if it did.</summary>
    private void Arrive(SimulatedReactor client, SimulatedHost? target, Endpoint endpoint, SimulatedWait<Result<IConnection>> wait)
    {
        if (target is not { IsPowered: true } || Link(client.Host, target).IsBlocked || Link(target, client.Host).IsBlocked)
        {
            _world.Count(FaultKind.ConnectionTimeout);
            var timeout = new Fault("connection-timed-out", $"{endpoint} does not answer.", "Check the network and the peer.");
            CompleteLater(TimeoutNs, client, wait, timeout);
            return;
        }

        var backNs = DelayNs(target, client.Host);
        var listener = _listeners.Find(
            candidate => candidate.Reactor.Host == target && candidate.Local.Port == endpoint.Port
                && (IsAny(candidate.Local.Address) || candidate.Local.Address.Equals(endpoint.Address)));
        if (listener is null || listener.IsFull)
        {
            _world.Count(FaultKind.ConnectionRefused);
            var refused = new Fault("connection-refused", $"{endpoint} refuses connections.", "Check that its service runs.");
            CompleteLater(backNs, client, wait, refused);
            return;
        }

        var sourceAddress = endpoint.IsLoopback ? endpoint.Address : client.Host.Address;
        var source = new Endpoint(sourceAddress, NextPort());
        var near = new SimulatedConnection(this, client, source, endpoint);
        var far = new SimulatedConnection(this, listener.Reactor, endpoint, source);
        SimulatedConnection.Join(near, far, WindowBytes);
        _connections.Add(near);
        _connections.Add(far);
        listener.Arrive(far);
        if (client.IsCrashed)
            near.OnCrash(isSilent: !client.Host.IsPowered);
        else
            CompleteLater(backNs, client, wait, Result<IConnection>.Ok(near));
    }

    private void CompleteLater(
        long delayNs, SimulatedReactor client, SimulatedWait<Result<IConnection>> wait, Result<IConnection> result) =>
        _world.Add(delayNs, EventKind.Network, client, _ => wait.Complete(result), null);
}
