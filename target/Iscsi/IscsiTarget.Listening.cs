using System.Net;
using Uss.Runtime;

namespace Uss.Target.Iscsi;

// Portals and connections. Those that have not logged in are few, young and cheap: in a flood the oldest of them makes
// room, since an honest login takes milliseconds.
public sealed partial class IscsiTarget
{
    private const int Backlog = 256;
    private const long AcceptRetryNs = 100_000_000;

    private readonly List<IListener> _listeners = [];
    private readonly List<IscsiConnection> _pending = [];
    private ReactorTimer? _timer;

    /// <summary>Listens on one more endpoint.</summary>
    /// <returns>Where it listens, with the real port, or why it cannot.</returns>
    public Result<Endpoint> Listen(Endpoint endpoint)
    {
        var listening = _reactor.Listen(endpoint, Backlog);
        if (!listening.IsOk)
            return listening.Fault;
        _listeners.Add(listening.Value);
        _timer ??= _reactor.Schedule(TickNs, static target => ((IscsiTarget)target!).Tick(), this);
        _reactor.Spawn(AcceptAsync(listening.Value));
        return listening.Value.Local;
    }

    /// <summary>Addresses that a discovering initiator is told: those it can reach as far as this side can tell.</summary>
    internal IEnumerable<string> PortalsFor(IscsiConnection connection)
    {
        var addresses = new List<string>();
        foreach (var listener in _listeners)
        {
            var portal = listener.Local;
            var isWildcard = portal.Address.Equals(IPAddress.Any) || portal.Address.Equals(IPAddress.IPv6Any);
            if (isWildcard)
                portal = new Endpoint(Unmapped(connection.Local.Address), portal.Port);
            else if (portal.IsLoopback && !connection.Local.IsLoopback)
                continue;
            var text = portal.ToString();
            if (!addresses.Contains(text))
                addresses.Add(text);
        }

        return addresses;
    }

    private static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private async ValueTask AcceptAsync(IListener listener)
    {
        while (true)
        {
            var accepted = await listener.AcceptAsync();
            if (_isStopping)
            {
                if (accepted.IsOk)
                    await RefuseAsync(accepted.Value);
                return;
            }

            if (!accepted.IsOk)
            {
                // Out of descriptors, say: those who wait stay in the backlog meanwhile.
                await _reactor.DelayAsync(AcceptRetryNs);
                continue;
            }

            Accept(accepted.Value);
        }
    }

    private void Accept(IConnection transport)
    {
        var address = transport.Remote.Address;
        var ofAddress = 0;
        foreach (var connection in _connections)
            ofAddress += connection.Remote.Address.Equals(address) ? 1 : 0;
        if (_connections.Count >= Options.MaxConnections || ofAddress >= Options.MaxConnectionsPerAddress)
        {
            if (!EvictPending(address, isAny: ofAddress < Options.MaxConnectionsPerAddress))
            {
                _events.ConnectionDropped(transport.Remote.ToString(), "there are too many connections");
                _reactor.Spawn(RefuseAsync(transport));
                return;
            }
        }

        var pendingOfAddress = 0;
        foreach (var connection in _pending)
            pendingOfAddress += connection.Remote.Address.Equals(address) ? 1 : 0;
        if (pendingOfAddress >= Options.MaxPendingLoginsPerAddress)
            EvictPending(address, isAny: false);
        else if (_pending.Count >= Options.MaxPendingLogins)
            EvictPending(address, isAny: true);

        var added = new IscsiConnection(this, transport, _reactor) { ListIndex = _connections.Count };
        _connections.Add(added);
        _pending.Add(added);
        _reactor.Spawn(added.RunAsync());
    }

    private static async ValueTask RefuseAsync(IConnection transport)
    {
        transport.Abort();
        await transport.CloseAsync();
    }

    private bool EvictPending(IPAddress address, bool isAny)
    {
        var index = _pending.FindIndex(connection => isAny || connection.Remote.Address.Equals(address));
        if (index < 0)
            return false;
        var oldest = _pending[index];
        _pending.RemoveAt(index);
        oldest.Drop("newer connections wait to log in");
        return true;
    }

    internal void OnLoggedIn(IscsiConnection connection) => _pending.Remove(connection);

    internal void OnConnectionClosed(IscsiConnection connection)
    {
        _pending.Remove(connection);
        var last = _connections[^1];
        _connections[connection.ListIndex] = last;
        last.ListIndex = connection.ListIndex;
        _connections.RemoveAt(_connections.Count - 1);
        if (connection.Session is null && !connection.WasRefused)
            _events.ConnectionDropped(connection.Remote.ToString(), connection.EndReason);
        SignalEnd();
    }

    private void Tick()
    {
        var now = _reactor.MonotonicNs;

        // Backwards: a connection that is dropped here may leave the list, its place taken by the last.
        for (var i = _connections.Count - 1; i >= 0; i--)
        {
            if (i < _connections.Count)
                _connections[i].Tick(now);
        }

        _timer = _isStopped ? null : _reactor.Schedule(TickNs, static target => ((IscsiTarget)target!).Tick(), this);
    }
}
