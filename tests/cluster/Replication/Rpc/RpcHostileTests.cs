using FsCheck;
using FsCheck.Fluent;
using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.Replication.Rpc.Tests;

/// <summary>A peer that knows the key but does not keep to the protocol, or a wire that damages what it carries.</summary>
public sealed class RpcHostileTests
{
    private const int Cases = 150;

    private static readonly RpcHeader _request = new() { Kind = RpcKind.Request, Operation = EchoService.Write, Id = 1 };

    private static readonly (string Reason, Func<RpcHeader, RpcHeader> Change)[] _badRequests =
    [
        ("not a frame", header => header with { Magic = 1 }),
        ("unknown version", header => header with { Version = 2 }),
        ("unknown kind", header => header with { Kind = (RpcKind)3 }),
        ("unknown meaning", header => header with { Zero1 = 1 }),
        ("unknown meaning", header => header with { Zero2 = 1 }),
        ("unknown meaning", header => header with { Zero3 = 1 }),
        ("has a status", header => header with { Status = RpcStatus.TimedOut }),
        ("payload's length", header => header with { PayloadBytes = 4095 }),
        ("payload's length", header => header with { PayloadBytes = -4096 }),
        ("payload's length", header => header with { PayloadBytes = (4 << 20) + 4096 }),
        ("payload's length", header => header with { PayloadBytes = int.MinValue }),
        ("payload's length", header => header with { TargetBytes = 1 }),
        ("payload's length", header => header with { TargetBytes = 1 << 30 }),
        ("details are too long", header => header with { DetailBytes = RpcLimits.DetailBytes + 1 }),
        ("details are too long", header => header with { DetailBytes = -1 }),
        ("checksum of a frame's details", header => header with { BodyChecksum = header.BodyChecksum ^ 1 }),
        ("nobody waits for", header => header with { Kind = RpcKind.Answer }),
    ];

    private static readonly (string Reason, Func<RpcHeader, RpcHeader> Change)[] _badAnswers =
    [
        ("nobody waits for", header => header with { Id = header.Id + 1 }),
        ("nobody waits for", header => header with { Id = header.Id + (1 << 16) }),
        ("nobody waits for", header => header with { Id = ulong.MaxValue }),
        ("never sent", header => header with { Status = RpcStatus.Lost }),
        ("fields of a request", header => header with { TimeoutMs = 1 }),
        ("fields of a request", header => header with { TargetBytes = 4096 }),
        ("longer than its target", header => header with { PayloadBytes = 16384, BodyChecksum = Crc32C.Compute(new byte[16]) }),
    ];

    private static IEnumerable<int> BadRequests => Enumerable.Range(0, _badRequests.Length);

    private static IEnumerable<int> BadAnswers => Enumerable.Range(0, _badAnswers.Length);

    [TestCaseSource(nameof(BadRequests))]
    public void A_bad_request_ends_the_connection(int index) => Run(1, async reactor =>
    {
        var (reason, change) = _badRequests[index];
        var service = new EchoService();
        var (peer, connection) = await RawPeer.DialAsync(reactor, service);
        Assert.That(RpcHeader.Parse(RawPeer.Frame(_request), out var header), Is.Null);
        await peer.SendAsync([.. RawPeer.Bytes(change(header)), .. new byte[64]]);
        await connection.WaitClosedAsync();
        Assert.That(connection.EndReason, Does.Contain(reason));
        Assert.That(service.Requests, Is.Zero);
        await connection.CloseAsync();
        await peer.Transport.CloseAsync();
    });

    [TestCaseSource(nameof(BadAnswers))]
    public void A_bad_answer_ends_the_connection_and_its_calls(int index) => Run(1, async reactor =>
    {
        var (reason, change) = _badAnswers[index];
        var (peer, connection) = await RawPeer.AcceptAsync(reactor);
        var call = connection.Rent();
        call.Target = reactor.Buffers.Rent(8192).Slice(0, 8192);
        var calling = connection.CallAsync(call, long.MaxValue);
        var request = await peer.ReceiveFrameAsync();
        var answer = new RpcHeader { Kind = RpcKind.Answer, Id = request.Header.Id };
        Assert.That(RpcHeader.Parse(RawPeer.Frame(answer), out var header), Is.Null);
        await peer.SendAsync([.. RawPeer.Bytes(change(header)), .. new byte[20000]]);
        Assert.That(await calling, Is.EqualTo(RpcStatus.Lost));
        Assert.That(connection.EndReason, Does.Contain(reason));
        call.Target.Buffer.Release();
        connection.Return(call);
        await connection.CloseAsync();
        await peer.Transport.CloseAsync();
    });

    [Test]
    public void An_answer_that_comes_twice_ends_the_connection() => Run(1, async reactor =>
    {
        var (peer, connection) = await RawPeer.AcceptAsync(reactor);
        var call = connection.Rent();
        var calling = connection.CallAsync(call, long.MaxValue);
        var request = await peer.ReceiveFrameAsync();
        var answer = RawPeer.Frame(new RpcHeader { Kind = RpcKind.Answer, Id = request.Header.Id });
        await peer.SendAsync([.. answer, .. answer]);
        Assert.That(await calling, Is.EqualTo(RpcStatus.Ok));
        await connection.WaitClosedAsync();
        Assert.That(connection.EndReason, Does.Contain("nobody waits for"));
        await connection.CloseAsync();
        await peer.Transport.CloseAsync();
    });

    [Test]
    public void Damage_of_a_request_is_found_wherever_it_is([Values(4096, 262144)] int payloadBytes)
    {
        var random = new SeededRandom(5);
        var payload = new byte[payloadBytes];
        random.Fill(payload);
        var frame = RawPeer.Frame(_request, payload, [1, 2, 3]);
        for (var i = 0; i < 80; i++)
        {
            byte[] damaged = [.. frame];
            var at = i % 2 == 0 ? random.Next(RpcHeader.Size + 20) : random.Next(frame.Length);
            damaged[at] ^= (byte)(1 << random.Next(8));
            Run(random.NextUInt64(), async reactor =>
            {
                var service = new EchoService();
                var (peer, connection) = await RawPeer.DialAsync(reactor, service);
                await peer.SendAsync(damaged);
                await connection.WaitClosedAsync();
                Assert.That(service.Requests, Is.Zero);
                Assert.That(connection.EndReason, Does.Contain("checksum").Or.Contain("not a frame"));
                await connection.CloseAsync();
                await peer.Transport.CloseAsync();
            });
        }
    }

    [Test]
    public void Damage_of_an_answer_s_payload_is_found([Values(4096, 1 << 20)] int payloadBytes) => Run(1, async reactor =>
    {
        var (peer, connection) = await RawPeer.AcceptAsync(reactor);
        var call = connection.Rent();
        call.Target = reactor.Buffers.Rent(payloadBytes).Slice(0, payloadBytes);
        var calling = connection.CallAsync(call, long.MaxValue);
        var request = await peer.ReceiveFrameAsync();
        var answer = RawPeer.Frame(new RpcHeader { Kind = RpcKind.Answer, Id = request.Header.Id }, new byte[payloadBytes]);
        answer[^1] = 1;
        await peer.SendAsync(answer);
        Assert.That(await calling, Is.EqualTo(RpcStatus.Lost));
        Assert.That(connection.EndReason, Does.Contain("checksum of a payload"));
        call.Target.Buffer.Release();
        connection.Return(call);
        await connection.CloseAsync();
        await peer.Transport.CloseAsync();
    });

    [Test]
    public void Whatever_comes_after_a_good_handshake_does_no_harm() =>
        Prop.ForAll(Traffic().ToArbitrary(), traffic =>
        {
            Run(traffic.Seed, async reactor =>
            {
                var service = new EchoService();
                var (peer, connection) = await RawPeer.DialAsync(reactor, service);
                var call = connection.Rent();
                call.Target = reactor.Buffers.Rent(65536).Slice(0, 65536);
                var calling = connection.CallAsync(call, long.MaxValue);
                var draining = DrainAsync(reactor, peer);
                await peer.SendAsync(traffic.Bytes);
                await reactor.DelayAsync(1_000_000_000);
                service.LetGo();
                peer.Transport.Abort();
                await connection.WaitClosedAsync();
                await calling;
                call.Target.Buffer.Release();
                connection.Return(call);
                await connection.CloseAsync();
                await draining;
                await peer.Transport.CloseAsync();
            });
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Cases));

    [Test]
    public void Whatever_comes_instead_of_a_handshake_does_no_harm() =>
        Prop.ForAll(Handshakes().ToArbitrary(), bytes =>
        {
            Run(1, async reactor =>
            {
                var listener = reactor.Listen(new Endpoint(System.Net.IPAddress.Loopback, 0), 4).Value!;
                var accepting = RpcPair.AcceptAsync(listener, RpcPair.Identity("b"), new EchoService(), RpcOptions.Default);
                var transport = (await reactor.ConnectAsync(listener.Local)).Value!;
                var peer = new RawPeer(reactor, transport);
                await peer.SendAsync(bytes);
                Assert.That((await accepting).Fault?.Code, Does.StartWith("rpc-"));
                await transport.CloseAsync();
                await listener.CloseAsync();
            });
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Cases));

    private static async ValueTask<int> DrainAsync(Reactor reactor, RawPeer peer)
    {
        var buffer = reactor.Buffers.Rent(65536);
        var received = 0;
        while (await peer.Transport.ReceiveAsync(buffer.Slice()) is { IsOk: true, Bytes: > 0 and var bytes })
            received += bytes;
        buffer.Release();
        return received;
    }

    // Good frames of all kinds, among them some with a changed byte, cut short, repeated or replaced by noise.
    private static Gen<(byte[] Bytes, ulong Seed)> Traffic() => Gen.Choose(0, int.MaxValue).Select(seed =>
    {
        var random = new SeededRandom((ulong)seed);
        var bytes = new List<byte>();
        for (var i = random.Next(12); i >= 0; i--)
        {
            var frame = SomeFrame(random);
            if (random.Chance(0.1))
                frame[random.Next(frame.Length)] ^= (byte)(1 + random.Next(255));
            if (random.Chance(0.05))
                frame = frame[..random.Next(frame.Length)];
            if (random.Chance(0.03))
                random.Fill(frame);
            bytes.AddRange(frame);
        }

        return (bytes.ToArray(), (ulong)seed);
    });

    private static byte[] SomeFrame(SeededRandom random)
    {
        int[] lengths = [0, 0, 4096, 12288, 65536, 262144];
        var payload = new byte[lengths[random.Next(lengths.Length)]];
        var details = new byte[random.Chance(0.2) ? random.Next(RpcLimits.DetailBytes + 1) : random.Next(100)];
        var isRequest = random.Chance(0.8);

        // Slot 0 is the one call that the connection has made.
        return RawPeer.Frame(
            new RpcHeader
            {
                Kind = isRequest ? RpcKind.Request : RpcKind.Answer,
                Operation = (byte)random.Next(8),
                Status = isRequest ? RpcStatus.Ok : (RpcStatus)random.Next(20),
                Id = isRequest ? random.NextUInt64() : 1UL << 16,
                TimeoutMs = isRequest ? (uint)random.Next(3) * 1000 : 0,
                TargetBytes = isRequest ? lengths[random.Next(lengths.Length)] : 0,
            },
            payload,
            details);
    }

    private static Gen<byte[]> Handshakes() => Gen.Choose(0, int.MaxValue).Select(seed =>
    {
        var random = new SeededRandom((ulong)seed);
        var bytes = new byte[random.Next(3 * RpcHello.Size)];
        random.Fill(bytes);
        if (random.Chance(0.7) && bytes.Length >= RpcHello.Size)
        {
            new RpcHello
            {
                Kind = (RpcHelloKind)random.Next(5),
                Role = (RpcRole)random.Next(4),
                Refusal = (RpcRefusal)random.Next(6),
                MinimumVersion = random.Next(3),
                MaximumVersion = random.Next(3),
                WindowRequests = 1 + random.Next(RpcLimits.WindowRequests),
                WindowBytes = RpcLimits.CallBytes,
                ClusterId = random.Chance(0.8) ? RpcPair.Cluster : Guid.Empty,
                Name = random.Chance(0.8) ? "a" : "b",
            }.Write(bytes, RpcPair.Key);
            if (random.Chance(0.2))
                bytes[random.Next(RpcHello.Size)] ^= 1;
        }

        return bytes;
    });

    private static void Run(ulong seed, Func<Reactor, ValueTask> work)
    {
        using var world = new SimulatedWorld(seed);
        var reactor = world.CreateReactor("node");
        world.Run(reactor, () => work(reactor));
        Assert.That(reactor.Buffers.RentedBuffers, Is.Zero);
    }
}
