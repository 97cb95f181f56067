using Uss.Runtime;

namespace Uss.Replication.Rpc.Tests;

public sealed class TlsConnectionTests(string kind) : RpcContract(kind)
{
    private static readonly RpcOptions _encrypted = new() { Tls = TlsIdentity.Create(), HandshakeTimeoutMs = 20_000 };

    private static ReadOnlySpan<byte> Secret => "this is nobody's business but ours"u8;

    [Test]
    public Task Long_payloads_arrive_whole([Values(4096, 16384, 65536 + 4096, 4 << 20)] int payloadBytes) => Run(async reactor =>
    {
        var pair = await RpcPair.OpenAsync(reactor, new EchoService(), new EchoService(), _encrypted, _encrypted);
        for (var i = 0; i < 4; i++)
            Assert.That(await EchoAsync(reactor, i % 2 == 0 ? pair.Dialer : pair.Acceptor, payloadBytes), Is.EqualTo(RpcStatus.Ok));
        await pair.CloseAsync();
    });

    [Test]
    public Task Nothing_that_is_sent_can_be_read_on_the_wire([Values] bool isEncrypted) => Run(async reactor =>
    {
        var (dialer, acceptor, relay) = await Relay.OpenAsync(reactor, isEncrypted ? _encrypted : RpcOptions.Default);
        Assert.That(await EchoAsync(reactor, dialer, 65536), Is.EqualTo(RpcStatus.Ok));
        Assert.That(await EchoAsync(reactor, acceptor, 4096), Is.EqualTo(RpcStatus.Ok));
        await dialer.CloseAsync();
        await acceptor.CloseAsync();
        await relay.CloseAsync();
        Assert.That(relay.Recorded, Has.Count.GreaterThan(2 * (65536 + 4096)));

        // Without encryption it is there: so the search finds what it seeks.
        Assert.That(relay.Recorded.ToArray().AsSpan().IndexOf(Secret) >= 0, Is.EqualTo(!isEncrypted));
    });

    [Test]
    public Task A_changed_bit_ends_the_connection([Values] bool isDialers, [Values(0, 3, 4, 5, 100)] int offset) => Run(async reactor =>
    {
        var (dialer, acceptor, relay) = await Relay.OpenAsync(reactor, _encrypted);
        var isChanged = false;
        relay.Change = (bytes, isFromDialer) =>
        {
            if (isFromDialer != isDialers || isChanged || bytes.Length <= offset)
                return;
            bytes[offset] ^= 1;
            isChanged = true;
        };
        Assert.That(await EchoAsync(reactor, dialer, 65536), Is.EqualTo(RpcStatus.Lost));
        var hurt = isDialers ? acceptor : dialer;
        await hurt.WaitClosedAsync();
        Assert.That(isChanged);
        await dialer.CloseAsync();
        await acceptor.CloseAsync();
        await relay.CloseAsync();
    });

    [Test]
    public Task Once_there_are_keys_TLS_stays_on_the_reactor() => Run(async reactor =>
    {
        var (client, server) = await ConnectAsync(reactor);
        var (left, right) = (new TlsConnection(reactor, client), new TlsConnection(reactor, server));
        var (seen, own) = (new byte[32], new byte[32]);
        var starting = left.StartAsync(_encrypted.Tls!, RpcRole.Dialer, seen);
        Assert.That(await right.StartAsync(_encrypted.Tls!, RpcRole.Acceptor, own), Is.Null);
        Assert.That(await starting, Is.Null);
        Assert.That(seen, Is.EqualTo(own).And.EqualTo(_encrypted.Tls!.Hash.ToArray()));
        var before = left.Strays + right.Strays;
        var bytes = new byte[3 << 20];
        reactor.Random.Fill(bytes);
        for (var i = 0; i < 3; i++)
        {
            var sending = new RawPeer(reactor, i == 1 ? right : left).SendAsync(bytes);
            var received = await new RawPeer(reactor, i == 1 ? left : right).ReceiveAsync(bytes.Length);
            Assert.That(received.AsSpan().SequenceEqual(bytes));
            Assert.That(await sending, Is.EqualTo(new IoResult(bytes.Length)));
        }

        Assert.That(left.Strays + right.Strays, Is.EqualTo(before));
        await left.CloseAsync();
        Assert.That((await new RawPeer(reactor, right).ReceiveAsync(1)).Length, Is.Zero);
        await right.CloseAsync();
    });

    [Test]
    public Task An_operation_under_way_ends_with_its_connection([Values] bool isSend, [Values] bool isClose) => Run(async reactor =>
    {
        var (client, server) = await ConnectAsync(reactor);
        var (left, right) = (new TlsConnection(reactor, client), new TlsConnection(reactor, server));
        var starting = left.StartAsync(_encrypted.Tls!, RpcRole.Dialer, new byte[32]);
        Assert.That(await right.StartAsync(_encrypted.Tls!, RpcRole.Acceptor, new byte[32]), Is.Null);
        Assert.That(await starting, Is.Null);

        // Nobody takes it: more than fits into the buffers of two sockets.
        var bytes = isSend ? 100 << 20 : 4096;
        var buffer = reactor.Buffers.Rent(1 << 20);
        using var vector = new SendVector(100);
        for (var i = 0; i < bytes >> 20; i++)
            vector.Add(buffer.Slice());
        var operation = isSend ? left.SendAsync(vector) : left.ReceiveAsync(buffer.Slice());
        await reactor.DelayAsync(10 * MillisecondNs);
        Assert.That(operation.IsCompleted, Is.False);
        if (isClose)
            await left.CloseAsync();
        else
            left.Abort();
        Assert.That(await operation, Is.EqualTo(IoResult.Failed(Errno.Canceled)));
        Assert.That(await left.ReceiveAsync(buffer.Slice()), Is.EqualTo(IoResult.Failed(Errno.Canceled)));
        vector.Clear();
        buffer.Release();
        await left.CloseAsync();
        await right.CloseAsync();
    });

    private static async ValueTask<(IConnection Client, IConnection Server)> ConnectAsync(Reactor reactor)
    {
        var listener = reactor.Listen(Loopback, 16).Value!;
        var accepting = listener.AcceptAsync();
        var client = (await reactor.ConnectAsync(listener.Local)).Value!;
        var server = (await accepting).Value!;
        await listener.CloseAsync();
        return (client, server);
    }

    private static async ValueTask<RpcStatus> EchoAsync(Reactor reactor, RpcConnection connection, int payloadBytes)
    {
        var call = connection.Rent();
        call.Operation = EchoService.Echo;
        call.Payload = reactor.Buffers.Rent(payloadBytes).Slice(0, payloadBytes);
        call.Target = reactor.Buffers.Rent(payloadBytes).Slice(0, payloadBytes);
        reactor.Random.Fill(call.Payload.Span);
        Secret.CopyTo(call.Payload.Span[(payloadBytes / 2)..]);
        var status = await connection.CallAsync(call, 60 * SecondNs);
        if (status == RpcStatus.Ok)
            Assert.That(call.Target.Span.SequenceEqual(call.Payload.Span));
        call.Payload.Buffer.Release();
        call.Target.Buffer.Release();
        connection.Return(call);
        return status;
    }
}
