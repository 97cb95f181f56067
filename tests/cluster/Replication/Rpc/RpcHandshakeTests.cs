using Uss.Runtime;

namespace Uss.Replication.Rpc.Tests;

public sealed class RpcHandshakeTests(string kind) : RpcContract(kind)
{
    private static readonly RpcIdentity _dialer = RpcPair.Identity("a");
    private static readonly RpcIdentity _acceptor = RpcPair.Identity("b");
    private static readonly byte[] _otherKey = [.. RpcPair.Key.Reverse()];

    [Test]
    public Task The_wrong_key_is_refused_on_both_sides() =>
        Refuses(_dialer with { ClusterKey = _otherKey }, _acceptor, "rpc-refused-proof");

    [Test]
    public Task Another_cluster_is_refused_on_both_sides() =>
        Refuses(_dialer with { ClusterId = new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]) }, _acceptor, "rpc-refused-cluster");

    [Test]
    public Task The_own_name_is_refused_on_both_sides() => Refuses(_acceptor, _acceptor, "rpc-refused-self");

    [Test]
    public Task Versions_without_overlap_are_refused_on_both_sides([Values] bool isDialerOlder)
    {
        var older = new RpcOptions { MinimumVersion = 1, MaximumVersion = 2 };
        var newer = new RpcOptions { MinimumVersion = 3, MaximumVersion = 5 };
        return Refuses(_dialer, _acceptor, "rpc-refused-version", isDialerOlder ? older : newer, isDialerOlder ? newer : older);
    }

    [Test]
    public Task The_highest_common_version_is_used() => Run(async reactor =>
    {
        var pair = await RpcPair.OpenAsync(
            reactor,
            new EchoService(),
            new EchoService(),
            new RpcOptions { MinimumVersion = 1, MaximumVersion = 4 },
            new RpcOptions { MinimumVersion = 2, MaximumVersion = 3 });
        Assert.That(pair.Dialer.Peer.ProtocolVersion, Is.EqualTo(3));
        Assert.That(pair.Acceptor.Peer.ProtocolVersion, Is.EqualTo(3));
        await pair.CloseAsync();
    });

    [Test]
    public Task Nobody_listening_is_a_fault() => Run(async reactor =>
    {
        var listener = reactor.Listen(Loopback, 16).Value!;
        await listener.CloseAsync();
        var result = await RpcConnection.ConnectAsync(listener.Local, _dialer, new EchoService(), RpcOptions.Default);
        Assert.That(result.Fault?.Code, Is.EqualTo("connection-refused"));
    });

    [Test]
    public Task A_silent_dialer_is_dropped_in_time([Values(0, 1, 191, 192)] int bytes) => Run(async reactor =>
    {
        var (peer, accepting) = await RawPeer.KnockAsync(reactor, new RpcOptions { HandshakeTimeoutMs = 50 });
        await peer.SendAsync(RawPeer.Hello(RpcRole.Dialer)[..bytes]);
        Assert.That((await accepting).Fault?.Code, Is.EqualTo("rpc-handshake-timeout"));
        await peer.Transport.CloseAsync();
    });

    [Test]
    public Task A_silent_acceptor_is_left_in_time() => Run(async reactor =>
    {
        var (peer, dialing) = await RawPeer.LureAsync(reactor, new RpcOptions { HandshakeTimeoutMs = 50 });
        Assert.That((await dialing).Fault?.Code, Is.EqualTo("rpc-handshake-timeout"));
        await peer.Transport.CloseAsync();
    });

    [Test]
    public Task A_dialer_that_goes_away_is_a_fault() => Run(async reactor =>
    {
        var (peer, accepting) = await RawPeer.KnockAsync(reactor);
        await peer.SendAsync(RawPeer.Hello(RpcRole.Dialer)[..100]);
        await peer.Transport.CloseAsync();
        Assert.That((await accepting).Fault?.Code, Is.EqualTo("rpc-handshake-lost"));
    });

    [Test]
    public Task Garbage_is_not_answered() => Run(async reactor =>
    {
        var (peer, accepting) = await RawPeer.KnockAsync(reactor);
        var bytes = new byte[RpcHello.Size];
        "GET / HTTP/1.1\r\n"u8.CopyTo(bytes);
        await peer.SendAsync(bytes);
        Assert.That((await accepting).Fault?.Code, Is.EqualTo("rpc-handshake-garbage"));
        Assert.That(await peer.ReceiveAsync(1), Is.Empty);
        await peer.Transport.CloseAsync();
    });

    [Test]
    public Task A_stranger_learns_only_why_it_is_refused() => Run(async reactor =>
    {
        var (peer, accepting) = await RawPeer.KnockAsync(reactor);
        await peer.SendAsync(RawPeer.Hello(RpcRole.Dialer, cluster: Guid.Empty));
        var expected = new byte[RpcHello.Size];
        new RpcHello { Kind = RpcHelloKind.Refusal, Role = RpcRole.Acceptor, Refusal = RpcRefusal.ForeignCluster }.Write(expected, []);
        Assert.That(await peer.ReceiveAsync(2 * RpcHello.Size), Is.EqualTo(expected));
        Assert.That((await accepting).Fault?.Code, Is.EqualTo("rpc-refused-cluster"));
        await peer.Transport.CloseAsync();
    });

    [Test]
    public Task A_replayed_handshake_is_refused() => Run(async reactor =>
    {
        // What a dialer sends in a good handshake, as somebody on the wire records it.
        var (recorder, dialing) = await RawPeer.LureAsync(reactor);
        var (onward, accepted) = await RawPeer.KnockAsync(reactor);
        var hello = await recorder.ReceiveAsync(RpcHello.Size);
        await onward.SendAsync(hello);
        await recorder.SendAsync(await onward.ReceiveAsync(RpcHello.Size));
        var proof = await recorder.ReceiveAsync(RpcHello.Size);
        await onward.SendAsync(proof);
        await recorder.SendAsync(await onward.ReceiveAsync(RpcHello.Size));
        var (dialer, acceptor) = (await dialing, await accepted);
        Assert.That((dialer.Fault, acceptor.Fault), Is.EqualTo(((Fault?)null, (Fault?)null)));

        var (thief, replayed) = await RawPeer.KnockAsync(reactor);
        await thief.SendAsync([.. hello, .. proof]);
        Assert.That((await replayed).Fault?.Code, Is.EqualTo("rpc-refused-proof"));

        await thief.Transport.CloseAsync();
        await dialer.Value!.CloseAsync();
        await acceptor.Value!.CloseAsync();
        await recorder.Transport.CloseAsync();
        await onward.Transport.CloseAsync();
    });

    [Test]
    public Task A_reflected_hello_is_refused() => Run(async reactor =>
    {
        var (mirror, dialing) = await RawPeer.LureAsync(reactor);
        await mirror.SendAsync(await mirror.ReceiveAsync(RpcHello.Size));
        Assert.That((await dialing).Fault?.Code, Is.EqualTo("rpc-refused-proof"));
        await mirror.Transport.CloseAsync();
    });

    [Test]
    public Task A_reflected_proof_is_refused() => Run(async reactor =>
    {
        var (mirror, dialing) = await RawPeer.LureAsync(reactor);
        await mirror.ReceiveAsync(RpcHello.Size);
        await mirror.SendAsync(RawPeer.Hello(RpcRole.Acceptor));
        await mirror.SendAsync(await mirror.ReceiveAsync(RpcHello.Size));
        Assert.That((await dialing).Fault?.Code, Is.EqualTo("rpc-refused-proof"));
        await mirror.Transport.CloseAsync();
    });

    [Test]
    public Task A_proof_covers_every_field_of_both_hellos([Values(8, 10, 12, 16, 24, 48, 80)] int offset, [Values] bool isDialers) =>
        Run(async reactor =>
        {
            // Somebody on the wire changes a field and repairs the checksum.
            var (left, dialing) = await RawPeer.LureAsync(reactor, new RpcOptions { MaximumVersion = 0x0101 });
            var (right, accepted) = await RawPeer.KnockAsync(reactor, new RpcOptions { MaximumVersion = 0x0101 });
            var hello = await left.ReceiveAsync(RpcHello.Size);
            await right.SendAsync(isDialers ? Change(hello, offset) : hello);
            hello = await right.ReceiveAsync(RpcHello.Size);
            await left.SendAsync(isDialers ? hello : Change(hello, offset));
            await right.SendAsync(await left.ReceiveAsync(RpcHello.Size));
            Assert.That((await accepted).Fault?.Code, Is.EqualTo("rpc-refused-proof"));
            await left.SendAsync(await right.ReceiveAsync(RpcHello.Size));
            Assert.That((await dialing).Fault?.Code, Is.EqualTo("rpc-refused-proof"));
            await left.Transport.CloseAsync();
            await right.Transport.CloseAsync();
        });

    [TestCase(0, 33 << 20)]
    [TestCase(-1, 33 << 20)]
    [TestCase(5000, 33 << 20)]
    [TestCase(1, 1 << 20)]
    [TestCase(1, -1)]
    [TestCase(1, int.MaxValue)]
    public Task Windows_out_of_bounds_are_garbage(int requests, int bytes) =>
        Run(async reactor =>
        {
            var (peer, accepting) = await RawPeer.KnockAsync(reactor);
            var message = new byte[RpcHello.Size];
            new RpcHello
            {
                Kind = RpcHelloKind.Hello,
                Role = RpcRole.Dialer,
                MinimumVersion = RpcOptions.Default.MinimumVersion,
                MaximumVersion = RpcOptions.Default.MaximumVersion,
                WindowRequests = requests,
                WindowBytes = bytes,
                ClusterId = RpcPair.Cluster,
                Name = "a",
            }.Write(message, []);
            await peer.SendAsync(message);
            Assert.That((await accepting).Fault?.Code, Is.EqualTo("rpc-handshake-garbage"));
            await peer.Transport.CloseAsync();
        });

    private Task Refuses(
        RpcIdentity dialer, RpcIdentity acceptor, string code, RpcOptions? dialerOptions = null, RpcOptions? acceptorOptions = null) =>
        Run(async reactor =>
        {
            var listener = reactor.Listen(Loopback, 16).Value!;
            var accepting = RpcPair.AcceptAsync(listener, acceptor, new EchoService(), acceptorOptions ?? RpcOptions.Default);
            var dialed = await RpcConnection.ConnectAsync(
                listener.Local, dialer, new EchoService(), dialerOptions ?? RpcOptions.Default);
            Assert.That(dialed.Fault?.Code, Is.EqualTo(code));
            Assert.That(dialed.Fault!.Message, Does.Contain("refused this node"));
            Assert.That((await accepting).Fault?.Code, Is.EqualTo(code));
            await listener.CloseAsync();
        });

    private static byte[] Change(byte[] message, int offset)
    {
        byte[] changed = [.. message];
        changed[offset + (offset is 8 or 10 ? 0 : 1)] ^= offset is 8 or 10 ? (byte)2 : (byte)1;
        BitConverter.TryWriteBytes(changed.AsSpan(RpcHello.Size - 4), Crc32C.Compute(changed.AsSpan(0, RpcHello.Size - 4)));
        return changed;
    }
}
