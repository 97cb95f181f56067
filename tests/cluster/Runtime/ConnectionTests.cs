namespace Uss.Runtime.Tests;

public sealed class ConnectionTests(string kind) : ReactorContract(kind)
{
    [Test]
    public Task Bytes_sent_arrive_in_order() => Run(async reactor =>
    {
        var (client, server, listener) = await Connections.MakeAsync(reactor);
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
        buffer.Release();
        await CloseAsync(client, server, listener);
    });

    [Test]
    public Task An_attempt_with_a_time_limit_connects_or_tells_why_not() => Run(async reactor =>
    {
        var (client, server, listener) = await Connections.MakeAsync(reactor);
        var accept = listener.AcceptAsync();
        var second = await reactor.ConnectAsync(listener.Local, 10_000 * MillisecondNs);
        Assert.That(second.Fault, Is.Null);
        await second.Value!.CloseAsync();
        await (await accept).Value!.CloseAsync();
        await CloseAsync(client, server, listener);
        var refused = await reactor.ConnectAsync(listener.Local, 10_000 * MillisecondNs);
        Assert.That(refused.Fault?.Code, Is.EqualTo("connection-refused"));
    });

    [Test]
    public Task Both_ends_know_both_addresses() => Run(async reactor =>
    {
        var (client, server, listener) = await Connections.MakeAsync(reactor);
        Assert.That(client.Remote, Is.EqualTo(listener.Local));
        Assert.That(server.Local, Is.EqualTo(listener.Local));
        Assert.That(server.Remote, Is.EqualTo(client.Local));
        Assert.That(listener.Local.Port, Is.GreaterThan(0));
        await CloseAsync(client, server, listener);
    });

    [Test]
    public Task Large_vectors_pass_a_slow_reader_whole([Values(1000, 4096, 65536)] int sliceBytes) => Run(async reactor =>
    {
        var (client, server, listener) = await Connections.MakeAsync(reactor);
        var bytes = new byte[8_000_123];
        reactor.Random.Fill(bytes);
        var sending = Connections.SendAsync(reactor, client, bytes, sliceBytes);
        await reactor.DelayAsync(5 * MillisecondNs);
        var received = await Connections.ReceiveAsync(reactor, server, bytes.Length);
        Assert.That(received.AsSpan().SequenceEqual(bytes));
        Assert.That(await sending, Is.EqualTo(new IoResult(bytes.Length)));
        await CloseAsync(client, server, listener);
    });

    [Test]
    public Task Both_directions_flow_at_once() => Run(async reactor =>
    {
        var (client, server, listener) = await Connections.MakeAsync(reactor);
        var there = new byte[3_000_000];
        var back = new byte[3_000_000];
        reactor.Random.Fill(there);
        reactor.Random.Fill(back);
        var sendingThere = Connections.SendAsync(reactor, client, there);
        var sendingBack = Connections.SendAsync(reactor, server, back);
        var arrivingThere = Connections.ReceiveAsync(reactor, server, there.Length);
        var arrivingBack = Connections.ReceiveAsync(reactor, client, back.Length);
        Assert.That((await arrivingThere).AsSpan().SequenceEqual(there));
        Assert.That((await arrivingBack).AsSpan().SequenceEqual(back));
        Assert.That((await sendingThere).IsOk && (await sendingBack).IsOk);
        await CloseAsync(client, server, listener);
    });

    [Test]
    public Task A_sent_vector_can_be_sent_again() => Run(async reactor =>
    {
        var (client, server, listener) = await Connections.MakeAsync(reactor);
        using var vector = new SendVector(3);
        var buffer = reactor.Buffers.Rent(1 << 20);
        reactor.Random.Fill(buffer.Slice().Span);
        vector.Add(buffer.Slice(0, 100_000));
        vector.Add(buffer.Slice(100_000, 900_000));
        vector.Add(buffer.Slice(1_000_000, 576));
        var expected = buffer.Slice(0, 1_000_576).Span.ToArray();
        for (var i = 0; i < 5; i++)
        {
            var arriving = Connections.ReceiveAsync(reactor, server, expected.Length);
            Assert.That(await client.SendAsync(vector), Is.EqualTo(new IoResult(expected.Length)));
            Assert.That((await arriving).AsSpan().SequenceEqual(expected), $"round {i}");
        }

        vector.Clear();
        buffer.Release();
        await CloseAsync(client, server, listener);
    });

    [Test]
    public Task A_closed_peer_reads_as_the_end_after_its_last_bytes() => Run(async reactor =>
    {
        var (client, server, listener) = await Connections.MakeAsync(reactor);
        var bytes = new byte[300_000];
        reactor.Random.Fill(bytes);
        var sending = Connections.SendAsync(reactor, client, bytes);
        var arriving = Connections.ReceiveAsync(reactor, server, bytes.Length + 1);
        await sending;
        await client.CloseAsync();
        Assert.That((await arriving).AsSpan().SequenceEqual(bytes));
        var buffer = reactor.Buffers.Rent(4096);
        Assert.That(await server.ReceiveAsync(buffer.Slice()), Is.EqualTo(new IoResult(0)));
        buffer.Release();
        await CloseAsync(client, server, listener);
    });

    [Test]
    public Task An_exact_receive_ends_short_when_the_peer_closes() => Run(async reactor =>
    {
        var (client, server, listener) = await Connections.MakeAsync(reactor);
        var buffer = reactor.Buffers.Rent(4096);
        var receiving = server.ReceiveExactlyAsync(buffer.Slice(0, 100));
        await Connections.SendAsync(reactor, client, new byte[30]);
        await reactor.DelayAsync(MillisecondNs);
        await client.CloseAsync();
        Assert.That(await receiving, Is.EqualTo(new IoResult(30)));
        buffer.Release();
        await CloseAsync(client, server, listener);
    });

    [Test]
    public Task Abort_ends_a_waiting_receive([Values] bool isStarted, [Values] bool isExact) => Run(async reactor =>
    {
        var (client, server, listener) = await Connections.MakeAsync(reactor);
        var buffer = reactor.Buffers.Rent(4096);
        var receive = isExact ? server.ReceiveExactlyAsync(buffer.Slice()) : server.ReceiveAsync(buffer.Slice());

        // Without a turn in between, the operation has not even reached the kernel.
        if (isStarted)
            await reactor.DelayAsync(MillisecondNs);
        server.Abort();
        server.Abort();
        Assert.That((await receive).Error, Is.EqualTo(Errno.Canceled));
        Assert.That((await server.ReceiveAsync(buffer.Slice())).IsOk, Is.False);
        buffer.Release();
        await CloseAsync(client, server, listener);
    });

    [Test]
    public Task Abort_ends_a_send_that_the_peer_does_not_read([Values] bool isStarted) => Run(async reactor =>
    {
        var (client, server, listener) = await Connections.MakeAsync(reactor);
        var bytes = new byte[64 << 20];
        var sending = Connections.SendAsync(reactor, client, bytes, 1 << 20);
        if (isStarted)
            await reactor.DelayAsync(20 * MillisecondNs);
        client.Abort();
        Assert.That((await sending).Error, Is.EqualTo(Errno.Canceled));
        await CloseAsync(client, server, listener);
    });

    [Test]
    public Task Closing_ends_what_waits() => Run(async reactor =>
    {
        var (client, server, listener) = await Connections.MakeAsync(reactor);
        var buffer = reactor.Buffers.Rent(4096);
        var receive = server.ReceiveAsync(buffer.Slice());
        var receiveEnded = false;
        async ValueTask Watch()
        {
            Assert.That((await receive).IsOk, Is.False);
            receiveEnded = true;
        }

        reactor.Spawn(Watch());
        await reactor.DelayAsync(MillisecondNs);
        await server.CloseAsync();
        Assert.That(receiveEnded);
        await server.CloseAsync();
        buffer.Release();
        await CloseAsync(client, server, listener);
    });

    [Test]
    public Task A_peers_abort_ends_the_connection() => Run(async reactor =>
    {
        var (client, server, listener) = await Connections.MakeAsync(reactor);
        client.Abort();
        await client.CloseAsync();
        var buffer = reactor.Buffers.Rent(4096);
        var receive = await server.ReceiveAsync(buffer.Slice());
        Assert.That(receive.Value, Is.Zero.Or.EqualTo(-Errno.ConnectionReset));

        // What is sent after that fails, at the latest when the peer has answered.
        var send = new IoResult(1);
        for (var i = 0; i < 100 && send.IsOk; i++)
        {
            send = await Connections.SendAsync(reactor, server, new byte[1000]);
            await reactor.DelayAsync(MillisecondNs);
        }

        Assert.That(send.Error, Is.EqualTo(Errno.Pipe).Or.EqualTo(Errno.ConnectionReset));
        buffer.Release();
        await CloseAsync(client, server, listener);
    });

    [Test]
    public Task A_port_that_nobody_listens_on_refuses() => Run(async reactor =>
    {
        var listener = reactor.Listen(Loopback, 16).Value!;
        var endpoint = listener.Local;
        await listener.CloseAsync();
        var connection = await reactor.ConnectAsync(endpoint);
        Assert.That(connection.Fault?.Code, Is.EqualTo("connection-refused"));
        Assert.That(connection.Fault!.Message, Does.Contain(endpoint.ToString()));
    });

    [Test]
    public Task Closing_a_listener_ends_its_accept() => Run(async reactor =>
    {
        var listener = reactor.Listen(Loopback, 16).Value!;
        var accept = listener.AcceptAsync();
        await reactor.DelayAsync(MillisecondNs);
        var closing = listener.CloseAsync();
        Assert.That((await accept).Fault?.Code, Is.EqualTo("listener-closed"));
        await closing;
        await listener.CloseAsync();
        Assert.That((await listener.AcceptAsync()).IsOk, Is.False);
    });

    [Test]
    public Task Many_connections_at_once() => Run(async reactor =>
    {
        const int count = 200;
        var listener = reactor.Listen(Loopback, 512).Value!;
        async ValueTask ServeAsync(IConnection connection)
        {
            var bytes = await Connections.ReceiveAsync(reactor, connection, 5000);
            await Connections.SendAsync(reactor, connection, bytes, 1000);
            await connection.CloseAsync();
        }

        async ValueTask AcceptAsync()
        {
            for (var i = 0; i < count; i++)
                reactor.Spawn(ServeAsync((await listener.AcceptAsync()).Value!));
        }

        async ValueTask<bool> AskAsync()
        {
            var connection = (await reactor.ConnectAsync(listener.Local)).Value!;
            var bytes = new byte[5000];
            reactor.Random.Fill(bytes);
            await Connections.SendAsync(reactor, connection, bytes, 700);
            var reply = await Connections.ReceiveAsync(reactor, connection, bytes.Length);
            await connection.CloseAsync();
            return reply.AsSpan().SequenceEqual(bytes);
        }

        reactor.Spawn(AcceptAsync());
        var asking = Enumerable.Range(0, count).Select(_ => AskAsync().AsTask()).ToArray();
        Assert.That(await Task.WhenAll(asking), Is.All.True);
        await listener.CloseAsync();
    });

    private static async ValueTask CloseAsync(IConnection client, IConnection server, IListener listener)
    {
        await client.CloseAsync();
        await server.CloseAsync();
        await listener.CloseAsync();
    }
}
