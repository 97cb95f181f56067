namespace Uss.Runtime.Simulated;

public sealed partial class SimulatedNetwork
{
    private readonly List<SimulatedDatagramSocket> _sockets = [];

    /// <summary>Bytes of datagrams that wait in a socket for their receiver; what comes then is lost.</summary>
    public int DatagramBufferBytes { get; set; } = 208 << 10;

    internal Result<IDatagramSocket> BindDatagram(SimulatedReactor reactor, Endpoint endpoint)
    {
        if (endpoint.Port == 0)
            endpoint = endpoint with { Port = NextPort() };
        foreach (var other in _sockets)
        {
            if (other.Reactor.Host == reactor.Host && Collide(other.Local, endpoint))
                return InUse(endpoint);
        }

        var socket = new SimulatedDatagramSocket(this, reactor, endpoint);
        _sockets.Add(socket);
        return Result<IDatagramSocket>.Ok(socket);
    }

    internal void Remove(SimulatedDatagramSocket socket) => _sockets.Remove(socket);

    internal void Send(SimulatedDatagramSocket source, Endpoint endpoint, byte[] bytes)
    {
        var host = source.Reactor.Host;
        var target = endpoint.IsLoopback ? host : _world.HostAt(endpoint.Address);
        if (target is null)
            return;
        var sender = new Endpoint(
            endpoint.IsLoopback ? endpoint.Address : IsAny(source.Local.Address) ? host.Address : source.Local.Address, source.Local.Port);
        var link = Link(host, target);

        // Within a machine nothing is lost on the way.
        var isOnWire = target != host;
        if (isOnWire && Random.Chance(link.LossProbability))
        {
            _world.Count(FaultKind.DatagramLost);
            return;
        }

        var copies = isOnWire && Random.Chance(link.DuplicateProbability) ? 2 : 1;
        if (copies > 1)
            _world.Count(FaultKind.DatagramDuplicated);
        for (var i = 0; i < copies; i++)
            _world.Add(DelayNs(host, target), EventKind.Network, null, _ => Arrive(host, target, sender, endpoint, bytes), null);
    }

    internal void CountLoss() => _world.Count(FaultKind.DatagramLost);

    private void Arrive(SimulatedHost host, SimulatedHost target, Endpoint sender, Endpoint endpoint, byte[] bytes)
    {
        if (Link(host, target).IsBlocked || !target.IsPowered)
        {
            CountLoss();
            return;
        }

        _world.Fold(bytes);
        foreach (var socket in _sockets)
        {
            if (socket.Reactor.Host != target || socket.Local.Port != endpoint.Port)
                continue;
            if (!IsAny(socket.Local.Address) && !socket.Local.Address.Equals(endpoint.Address))
                continue;
            socket.Arrive(sender, bytes);
            return;
        }
    }
}
