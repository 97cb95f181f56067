using System.Net;
using Uss.Runtime;

namespace Uss.Replication.Rpc.Tests;

/// <summary>Two nodes on one reactor and the connection between them.</summary>
internal sealed class RpcPair
{
    private RpcPair(Reactor reactor, IListener listener, RpcConnection dialer, RpcConnection acceptor)
    {
        Reactor = reactor;
        Listener = listener;
        Dialer = dialer;
        Acceptor = acceptor;
    }

    public static Guid Cluster { get; } = new("6b1f0a52-7d6c-4d0e-9a54-0f2b1c3d4e5f");

    public static byte[] Key { get; } = [.. Enumerable.Range(1, 32).Select(value => (byte)value)];

    public Reactor Reactor { get; }

    public IListener Listener { get; }

    public RpcConnection Dialer { get; }

    public RpcConnection Acceptor { get; }

    public static RpcIdentity Identity(string name, ulong incarnation = 1) => new(Cluster, name, incarnation, Key);

    public static async ValueTask<RpcPair> OpenAsync(
        Reactor reactor, IRpcService dialer, IRpcService acceptor, RpcOptions? dialerOptions = null, RpcOptions? acceptorOptions = null)
    {
        var listener = reactor.Listen(new Endpoint(IPAddress.Loopback, 0), 16).Value!;
        var accepting = AcceptAsync(listener, Identity("b", 7), acceptor, acceptorOptions ?? RpcOptions.Default);
        var dialed = await RpcConnection.ConnectAsync(listener.Local, Identity("a", 3), dialer, dialerOptions ?? RpcOptions.Default);
        var accepted = await accepting;
        Assert.That(dialed.Fault, Is.Null);
        Assert.That(accepted.Fault, Is.Null);
        return new RpcPair(reactor, listener, dialed.Value!, accepted.Value!);
    }

    public static async ValueTask<Result<RpcConnection>> AcceptAsync(
        IListener listener, RpcIdentity self, IRpcService service, RpcOptions options)
    {
        var transport = await listener.AcceptAsync();
        Assert.That(transport.Fault, Is.Null);
        return await RpcConnection.AcceptAsync(transport.Value!, self, service, options);
    }

    public async ValueTask CloseAsync()
    {
        await Dialer.CloseAsync();
        await Acceptor.CloseAsync();
        await Listener.CloseAsync();
    }
}
