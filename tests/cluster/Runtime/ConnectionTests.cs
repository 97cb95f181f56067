using System.Net;

namespace Uss.Runtime.Tests;

public sealed class ConnectionTests(string kind) : ReactorContract(kind)
{
    private static readonly Endpoint Loopback = new(IPAddress.Loopback, 0);

    [Test]
    public Task Bytes_sent_arrive_in_order() => Run(async reactor =>
    {
        var (client, server, listener) = await ConnectAsync(reactor);
        var buffer = reactor.Buffers.Rent(4096);
        using var vector = new SendVector(4);
        "hello"u8.CopyTo(buffer.Slice().Span);
        vector.Add(buffer.Slice(0, 2));
        vector.Add(buffer.Slice(2, 3));
        Assert.That(await client.SendAsync(vector), Is.EqualTo(new IoResult(5)));
        vector.Clear();
        var received = await server.ReceiveExactlyAsync(buffer.Slice(100, 5));
        Assert.That(received.Value, Is.EqualTo(5));
        Assert.That(buffer.Slice(100, 5).Span.SequenceEqual("hello"u8));
        await client.CloseAsync();
        Assert.That(await server.ReceiveAsync(buffer.Slice()), Is.EqualTo(new IoResult(0)));
        buffer.Release();
        await server.CloseAsync();
        await listener.CloseAsync();
    });

    [Test]
    public Task Abort_ends_a_waiting_receive() => Run(async reactor =>
    {
        var (client, server, listener) = await ConnectAsync(reactor);
        var buffer = reactor.Buffers.Rent(4096);
        var receive = server.ReceiveAsync(buffer.Slice());
        await reactor.YieldAsync();
        server.Abort();
        Assert.That((await receive).Error, Is.EqualTo(Errno.Canceled));
        buffer.Release();
        await server.CloseAsync();
        await client.CloseAsync();
        await listener.CloseAsync();
    });

    private static async Task<(IConnection Client, IConnection Server, IListener Listener)> ConnectAsync(Reactor reactor)
    {
        var listener = reactor.Listen(Loopback, 16).Value!;
        var accept = listener.AcceptAsync();
        var client = await reactor.ConnectAsync(listener.Local);
        var server = await accept;
        return (client.Value!, server.Value!, listener);
    }
}
