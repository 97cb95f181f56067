using System.Net;
using System.Net.Sockets;

namespace Uss.Runtime.Tests;

/// <summary>Connections with peers that are not ours: plain sockets.</summary>
public sealed class RealConnectionTests(string kind) : RealReactorContract(kind)
{
    [Test]
    public Task A_half_closed_peer_still_gets_its_reply() => Run(async reactor =>
    {
        var (peer, connection) = await AcceptPlainAsync(reactor);
        peer.Send("question"u8);
        peer.Shutdown(SocketShutdown.Send);
        Assert.That(await Connections.ReceiveAsync(reactor, connection, 100), Is.EqualTo("question"u8.ToArray()));
        Assert.That((await Connections.SendAsync(reactor, connection, "answer"u8.ToArray())).Bytes, Is.EqualTo(6));
        var answer = new byte[100];
        Assert.That(peer.Receive(answer), Is.EqualTo(6));
        await connection.CloseAsync();
        Assert.That(peer.Receive(answer), Is.Zero);
        peer.Dispose();
    });

    [Test]
    public Task An_attempt_that_nobody_answers_ends_in_time() => Run(async reactor =>
    {
        // A listener whose backlog is full drops what knocks.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        var address = (IPEndPoint)listener.LocalEndPoint!;
        var knocking = Enumerable.Range(0, 4).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList();
        foreach (var socket in knocking)
            _ = socket.ConnectAsync(address).ContinueWith(static attempt => attempt.Exception, TaskScheduler.Default);
        await reactor.DelayAsync(50 * MillisecondNs);

        var result = await reactor.ConnectAsync(new Endpoint(IPAddress.Loopback, (ushort)address.Port), 100 * MillisecondNs);
        Assert.That(result.Fault?.Code, Is.EqualTo("connection-timeout"));
        Assert.That(result.Fault!.Message, Does.Contain(address.ToString()));
        knocking.ForEach(socket => socket.Dispose());
    });

    [Test]
    public Task A_reset_shows_as_an_error() => Run(async reactor =>
    {
        var (peer, connection) = await AcceptPlainAsync(reactor);
        peer.LingerState = new LingerOption(enable: true, seconds: 0);
        peer.Dispose();
        var buffer = reactor.Buffers.Rent(4096);
        Assert.That((await connection.ReceiveAsync(buffer.Slice())).Error, Is.EqualTo(Errno.ConnectionReset));
        buffer.Release();
        await connection.CloseAsync();
    });

    [Test]
    public Task Abort_resets_the_peer_and_drops_what_it_has_not_read() => Run(async reactor =>
    {
        var (peer, connection) = await AcceptPlainAsync(reactor);
        var sending = Connections.SendAsync(reactor, connection, new byte[32 << 20], 1 << 20);
        await reactor.DelayAsync(20 * MillisecondNs);
        connection.Abort();
        Assert.That((await sending).Error, Is.EqualTo(Errno.Canceled));
        await connection.CloseAsync();
        var received = 0L;
        var isReset = false;
        var buffer = new byte[1 << 20];
        try
        {
            for (var count = 1; count > 0; received += count)
                count = peer.Receive(buffer);
        }
        catch (SocketException exception)
        {
            isReset = exception.SocketErrorCode == SocketError.ConnectionReset;
        }

        Assert.That(received, Is.LessThan(32 << 20));
        Assert.That(isReset);
        peer.Dispose();
    });

    [Test]
    public Task Closing_with_a_waiting_receive_still_delivers_what_was_sent() => Run(async reactor =>
    {
        var (peer, connection) = await AcceptPlainAsync(reactor);
        var buffer = reactor.Buffers.Rent(4096);
        var receiving = connection.ReceiveAsync(buffer.Slice());
        await Connections.SendAsync(reactor, connection, "farewell"u8.ToArray());
        var closing = connection.CloseAsync();
        Assert.That((await receiving).IsOk, Is.False);
        await closing;
        buffer.Release();
        var bytes = new byte[100];
        Assert.That(peer.Receive(bytes), Is.EqualTo(8));
        Assert.That(peer.Receive(bytes), Is.Zero);
        peer.Dispose();
    });

    [Test]
    public Task Small_packets_leave_at_once() => Run(async reactor =>
    {
        var (peer, connection) = await AcceptPlainAsync(reactor);
        var bytes = new byte[100];

        // With Nagle's delay the second packet would wait for the acknowledgement of the first.
        await Connections.SendAsync(reactor, connection, [1]);
        await Connections.SendAsync(reactor, connection, [2]);
        var received = 0;
        while (received < 2)
            received += peer.Receive(bytes.AsSpan(received));
        Assert.That(bytes[..2], Is.EqualTo(new byte[] { 1, 2 }));
        peer.Dispose();
        await connection.CloseAsync();
    });

    [Test]
    public Task A_port_in_use_is_a_fault() => Run(async reactor =>
    {
        var listener = reactor.Listen(Loopback, 16).Value!;
        var second = reactor.Listen(listener.Local, 16);
        Assert.That(second.Fault?.Code, Is.EqualTo("port-in-use"));
        Assert.That(second.Fault!.Message, Does.Contain(listener.Local.ToString()));
        await listener.CloseAsync();

        // It is free again at once, although connections of it may still be winding down.
        var third = reactor.Listen(listener.Local, 16);
        Assert.That(third.Fault, Is.Null);
        await third.Value!.CloseAsync();
    });

    [Test]
    public Task A_port_is_free_again_while_its_old_connections_wind_down() => Run(async reactor =>
    {
        var (client, server, listener) = await Connections.MakeAsync(reactor);
        await listener.CloseAsync();

        // The end that closes first keeps the port in TIME-WAIT.
        await server.CloseAsync();
        await client.CloseAsync();
        var again = reactor.Listen(listener.Local, 16);
        Assert.That(again.Fault, Is.Null);
        await again.Value!.CloseAsync();
    });

    [Test]
    public Task Addresses_that_are_not_ours_are_a_fault() => Run(reactor =>
    {
        var listener = reactor.Listen(new Endpoint(IPAddress.Parse("192.0.2.1"), 0), 16);
        Assert.That(listener.Fault?.Code, Is.EqualTo("address-unknown"));
        return default;
    });

    [Test]
    public Task Internet_protocol_6_works() => Run(async reactor =>
    {
        if (!Socket.OSSupportsIPv6)
            Assert.Ignore("this machine has no IPv6");
        var listener = reactor.Listen(new Endpoint(IPAddress.IPv6Loopback, 0), 16);
        if (listener.Fault?.Code == "address-unknown")
            Assert.Ignore("this machine has no IPv6 loopback");
        var accept = listener.Value!.AcceptAsync();
        var client = (await reactor.ConnectAsync(listener.Value.Local)).Value!;
        var server = (await accept).Value!;
        Assert.That(server.Remote, Is.EqualTo(client.Local));
        Assert.That(server.Remote.Address, Is.EqualTo(IPAddress.IPv6Loopback));
        await client.CloseAsync();
        await server.CloseAsync();
        await listener.Value.CloseAsync();
    });

    [Test]
    public async Task A_connection_attempt_ends_when_the_reactor_stops()
    {
        // A backlog of one that is full: further attempts wait for an answer that does not come.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        var reactor = Create(new ReactorOptions { OnUnhandledException = e => Assert.Fail(e.ToString()) });
        reactor.Start();
        var ended = 0;
        await reactor.InvokeAsync(async () =>
        {
            async ValueTask Connect()
            {
                await reactor.ConnectAsync(new Endpoint(IPAddress.Loopback, port));
                ended++;
            }

            for (var i = 0; i < 8; i++)
                reactor.Spawn(Connect());
            await reactor.DelayAsync(20 * MillisecondNs);
            Assert.That(ended, Is.LessThan(8));
            return 0;
        });
        await reactor.StopAsync();
        Assert.That(ended, Is.EqualTo(8));
    }

    private static async ValueTask<(Socket Peer, IConnection Connection)> AcceptPlainAsync(Reactor reactor)
    {
        var listener = reactor.Listen(new Endpoint(IPAddress.Loopback, 0), 16).Value!;
        var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 30_000 };
        peer.Connect(new IPEndPoint(IPAddress.Loopback, listener.Local.Port));
        var connection = (await listener.AcceptAsync()).Value!;
        await listener.CloseAsync();
        return (peer, connection);
    }
}
