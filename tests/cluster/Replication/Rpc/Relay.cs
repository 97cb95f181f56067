using System.Net;
using Uss.Runtime;

namespace Uss.Replication.Rpc.Tests;

/// <summary>Somebody on the wire between a dialer and an acceptor: passes on, keeps and changes what goes by.</summary>
internal sealed class Relay
{
    private readonly Reactor _reactor;
    private readonly IConnection _left;
    private readonly IConnection _right;
    private readonly ValueTask[] _pumps;

    private Relay(Reactor reactor, IConnection left, IConnection right)
    {
        _reactor = reactor;
        _left = left;
        _right = right;
        _pumps = [PumpAsync(left, right, isFromDialer: true), PumpAsync(right, left, isFromDialer: false)];
    }

    /// <summary>All that went by, in both directions.</summary>
    public List<byte> Recorded { get; } = [];

    /// <summary>May change what passes; told whose it is.</summary>
    public Action<byte[], bool> Change { get; set; } = (_, _) => { };

    /// <summary>A pair of nodes that speak through a relay.</summary>
    public static async ValueTask<(RpcConnection Dialer, RpcConnection Acceptor, Relay Relay)> OpenAsync(
        Reactor reactor, RpcOptions options)
    {
        var outer = reactor.Listen(new Endpoint(IPAddress.Loopback, 0), 16).Value!;
        var inner = reactor.Listen(new Endpoint(IPAddress.Loopback, 0), 16).Value!;
        var lured = outer.AcceptAsync();
        var accepting = RpcPair.AcceptAsync(inner, RpcPair.Identity("b"), new EchoService(), options);
        var dialing = RpcConnection.ConnectAsync(outer.Local, RpcPair.Identity("a"), new EchoService(), options);
        var relay = new Relay(reactor, (await lured).Value!, (await reactor.ConnectAsync(inner.Local)).Value!);
        var (dialed, accepted) = (await dialing, await accepting);
        Assert.That(dialed.Fault ?? accepted.Fault, Is.Null);
        await outer.CloseAsync();
        await inner.CloseAsync();
        return (dialed.Value!, accepted.Value!, relay);
    }

    public async ValueTask CloseAsync()
    {
        _left.Abort();
        _right.Abort();
        foreach (var pump in _pumps)
            await pump;
        await _left.CloseAsync();
        await _right.CloseAsync();
    }

    private async ValueTask PumpAsync(IConnection from, IConnection to, bool isFromDialer)
    {
        var buffer = _reactor.Buffers.Rent(65536);
        var peer = new RawPeer(_reactor, to);
        while (true)
        {
            var result = await from.ReceiveAsync(buffer.Slice());
            if (!result.IsOk || result.Bytes == 0)
                break;
            var bytes = buffer.Slice(0, result.Bytes).Span.ToArray();
            Recorded.AddRange(bytes);
            Change(bytes, isFromDialer);
            if (!(await peer.SendAsync(bytes)).IsOk)
                break;
        }

        to.Abort();
        buffer.Release();
    }
}
