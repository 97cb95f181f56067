using Uss.Runtime;

namespace Uss.Replication.Rpc.Tests;

public sealed class RpcWindowTests(string kind) : RpcContract(kind)
{
    [Test]
    public Task No_more_requests_are_under_way_than_the_peer_takes() => Run(async reactor =>
    {
        var service = new EchoService();
        var pair = await RpcPair.OpenAsync(reactor, new EchoService(), service, acceptorOptions: new RpcOptions { WindowRequests = 5 });
        var order = new List<int>();
        var calls = Enumerable.Range(0, 60).Select(i => CallAsync(pair.Dialer, i, 0, order)).ToList();
        Assert.That(pair.Dialer.RequestsUnderWay, Is.EqualTo(5));
        Assert.That(pair.Dialer.WaitingCalls, Is.EqualTo(55));
        foreach (var call in calls)
            await call;
        Assert.That(service.MostUnderWay, Is.EqualTo(5));
        Assert.That(order, Has.Count.EqualTo(60));
        await pair.CloseAsync();
    });

    [Test]
    public Task No_more_bytes_are_under_way_than_the_peer_takes() => Run(async reactor =>
    {
        var service = new EchoService();
        var options = new RpcOptions { WindowBytes = RpcLimits.CallBytes };
        var pair = await RpcPair.OpenAsync(reactor, new EchoService(), service, acceptorOptions: options);
        var order = new List<int>();
        var calls = Enumerable.Range(0, 24).Select(i => CallAsync(pair.Dialer, i, i % 3 == 0 ? 4 << 20 : 256 << 10, order)).ToList();
        foreach (var call in calls)
            await call;
        Assert.That(service.MostBytesUnderWay, Is.GreaterThanOrEqualTo(8 << 20).And.LessThanOrEqualTo(RpcLimits.CallBytes));
        Assert.That(order, Has.Count.EqualTo(24));
        await pair.CloseAsync();
    });

    [Test]
    public Task Calls_are_admitted_in_their_order() => Run(async reactor =>
    {
        var pair = await RpcPair.OpenAsync(
            reactor, new EchoService(), new EchoService { DelayNs = 1 }, acceptorOptions: new RpcOptions { WindowRequests = 1 });
        var order = new List<int>();
        var calls = Enumerable.Range(0, 30).Select(i => CallAsync(pair.Dialer, i, i % 4 * 65536, order)).ToList();
        foreach (var call in calls)
            await call;
        Assert.That(order, Is.EqualTo(Enumerable.Range(0, 30)));
        await pair.CloseAsync();
    });

    [Test]
    public Task Who_sends_more_requests_than_allowed_is_disconnected() => Run(async reactor =>
    {
        var service = new EchoService();
        var (peer, connection) = await RawPeer.DialAsync(reactor, service, new RpcOptions { WindowRequests = 3 });
        for (var i = 0UL; i < 4; i++)
        {
            Assert.That(connection.IsOpen);
            await peer.SendAsync(RawPeer.Frame(new RpcHeader { Kind = RpcKind.Request, Operation = EchoService.Hold, Id = i }));
        }

        await connection.WaitClosedAsync();
        Assert.That(connection.EndReason, Does.Contain("window"));
        Assert.That(service.Held, Is.EqualTo(3));
        service.LetGo();
        await connection.CloseAsync();
        await peer.Transport.CloseAsync();
    });

    [Test]
    public Task Who_asks_for_more_bytes_than_allowed_is_disconnected() => Run(async reactor =>
    {
        var service = new EchoService();
        var (peer, connection) = await RawPeer.DialAsync(reactor, service, new RpcOptions { WindowBytes = RpcLimits.CallBytes });
        for (var i = 0UL; i < 3; i++)
        {
            var header = new RpcHeader { Kind = RpcKind.Request, Operation = EchoService.Hold, Id = i, TargetBytes = 4 << 20 };
            await peer.SendAsync(RawPeer.Frame(header));
        }

        await connection.WaitClosedAsync();
        Assert.That(connection.EndReason, Does.Contain("window"));
        Assert.That(service.Held, Is.EqualTo(2));
        service.LetGo();
        await connection.CloseAsync();
        await peer.Transport.CloseAsync();
    });

    [Test]
    public Task Without_memory_a_request_is_refused_and_the_connection_lives() => Run(async reactor =>
    {
        var service = new EchoService();
        var (peer, connection) = await RawPeer.DialAsync(reactor, service);
        var frame = RawPeer.Frame(new RpcHeader { Kind = RpcKind.Request, Operation = EchoService.Write, Id = 9 }, new byte[1 << 20]);
        reactor.Buffers.LimitBytes = 0;
        await peer.SendAsync(frame);
        Assert.That((await peer.ReceiveFrameAsync()).Header.Status, Is.EqualTo(RpcStatus.Busy));
        Assert.That(service.Requests, Is.Zero);
        reactor.Buffers.LimitBytes = long.MaxValue;
        await peer.SendAsync(frame);
        Assert.That((await peer.ReceiveFrameAsync()).Header.Status, Is.EqualTo(RpcStatus.Ok));
        await connection.CloseAsync();
        await peer.Transport.CloseAsync();
    });

    private static async ValueTask<int> CallAsync(RpcConnection connection, int index, int payloadBytes, List<int> order)
    {
        var call = connection.Rent();
        call.Operation = EchoService.EchoLater;
        if (payloadBytes > 0)
        {
            call.Payload = Reactor.Current.Buffers.Rent(payloadBytes).Slice(0, payloadBytes);
            call.Target = Reactor.Current.Buffers.Rent(payloadBytes).Slice(0, payloadBytes);
        }

        Assert.That(await connection.CallAsync(call, 60 * SecondNs), Is.EqualTo(RpcStatus.Ok));
        order.Add(index);
        if (payloadBytes > 0)
        {
            call.Payload.Buffer.Release();
            call.Target.Buffer.Release();
        }

        connection.Return(call);
        return index;
    }
}
