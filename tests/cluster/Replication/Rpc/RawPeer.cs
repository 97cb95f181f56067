using System.Net;
using System.Runtime.InteropServices;
using Uss.Runtime;
using Uss.TestSupport;

namespace Uss.Replication.Rpc.Tests;

/// <summary>A peer that passes the handshake properly and then sends whatever a test wants.</summary>
internal sealed class RawPeer(Reactor reactor, IConnection transport)
{
    public IConnection Transport => transport;

    /// <summary>A raw dialer and the connection that accepted it.</summary>
    public static async ValueTask<(RawPeer Peer, RpcConnection Connection)> DialAsync(
        Reactor reactor, IRpcService service, RpcOptions? options = null)
    {
        var listener = reactor.Listen(new Endpoint(IPAddress.Loopback, 0), 16).Value!;
        var accepting = RpcPair.AcceptAsync(listener, RpcPair.Identity("b"), service, options ?? RpcOptions.Default);
        var transport = (await reactor.ConnectAsync(listener.Local)).Value!;
        var terms = await RpcHandshake.RunAsync(reactor, transport, RpcPair.Identity("a"), RpcOptions.Default, RpcRole.Dialer);
        Assert.That(terms.Fault, Is.Null);
        var accepted = await accepting;
        Assert.That(accepted.Fault, Is.Null);
        await listener.CloseAsync();
        return (new RawPeer(reactor, transport), accepted.Value!);
    }

    /// <summary>A raw acceptor and the connection that dialed it.</summary>
    public static async ValueTask<(RawPeer Peer, RpcConnection Connection)> AcceptAsync(Reactor reactor, RpcOptions? announced = null)
    {
        var listener = reactor.Listen(new Endpoint(IPAddress.Loopback, 0), 16).Value!;
        var accepting = listener.AcceptAsync();
        var dialing = RpcConnection.ConnectAsync(listener.Local, RpcPair.Identity("a"), new EchoService(), RpcOptions.Default);
        var transport = (await accepting).Value!;
        var terms = await RpcHandshake.RunAsync(
            reactor, transport, RpcPair.Identity("b"), announced ?? RpcOptions.Default, RpcRole.Acceptor);
        Assert.That(terms.Fault, Is.Null);
        var dialed = await dialing;
        Assert.That(dialed.Fault, Is.Null);
        await listener.CloseAsync();
        return (new RawPeer(reactor, transport), dialed.Value!);
    }

    /// <summary>An acceptor that waits for a handshake, and the other end of its connection.</summary>
    public static async ValueTask<(RawPeer Peer, ValueTask<Result<RpcConnection>> Accepting)> KnockAsync(
        Reactor reactor, RpcOptions? options = null)
    {
        var listener = reactor.Listen(new Endpoint(IPAddress.Loopback, 0), 16).Value!;
        var accepting = listener.AcceptAsync();
        var transport = (await reactor.ConnectAsync(listener.Local)).Value!;
        var accepted = (await accepting).Value!;
        await listener.CloseAsync();
        var shaking = RpcConnection.AcceptAsync(accepted, RpcPair.Identity("b"), new EchoService(), options ?? RpcOptions.Default);
        return (new RawPeer(reactor, transport), shaking);
    }

    /// <summary>A dialer that begins a handshake, and the other end of its connection.</summary>
    public static async ValueTask<(RawPeer Peer, ValueTask<Result<RpcConnection>> Dialing)> LureAsync(
        Reactor reactor, RpcOptions? options = null)
    {
        var listener = reactor.Listen(new Endpoint(IPAddress.Loopback, 0), 16).Value!;
        var accepting = listener.AcceptAsync();
        var dialing = RpcConnection.ConnectAsync(
            listener.Local, RpcPair.Identity("a"), new EchoService(), options ?? RpcOptions.Default);
        var transport = (await accepting).Value!;
        await listener.CloseAsync();
        return (new RawPeer(reactor, transport), dialing);
    }

    /// <summary>The bytes of a good hello of dialer or acceptor.</summary>
    public static byte[] Hello(RpcRole role, bool isEncrypting = false, Guid? cluster = null)
    {
        var message = new byte[RpcHello.Size];
        new RpcHello
        {
            Kind = RpcHelloKind.Hello,
            Role = role,
            MinimumVersion = RpcOptions.Default.MinimumVersion,
            MaximumVersion = RpcOptions.Default.MaximumVersion,
            WindowRequests = 1,
            WindowBytes = RpcLimits.CallBytes,
            IsEncrypting = isEncrypting,
            Incarnation = 1,
            ClusterId = cluster ?? RpcPair.Cluster,
            Name = role == RpcRole.Dialer ? "a" : "b",
        }.Write(message, RpcPair.Key);
        return message;
    }

    /// <summary>The bytes of a correct frame.</summary>
    public static byte[] Frame(RpcHeader header, byte[]? payload = null, byte[]? details = null)
    {
        payload ??= [];
        details ??= [];
        header.Magic = RpcHeader.ExpectedMagic;
        header.Version = RpcHeader.ExpectedVersion;
        header.PayloadBytes = payload.Length;
        header.DetailBytes = details.Length;
        var checksums = payload.Chunk(4096).Select(block => Crc32C.Compute(block)).ToArray();
        byte[] body = [.. MemoryMarshal.AsBytes<uint>(checksums), .. details];
        header.BodyChecksum = Crc32C.Compute(body);
        return [.. Bytes(header), .. body, .. payload];
    }

    /// <summary>The bytes of a header as it is, with a correct checksum.</summary>
    public static byte[] Bytes(RpcHeader header)
    {
        var bytes = new byte[RpcHeader.Size];
        header.Write(bytes);
        return bytes;
    }

    public ValueTask<IoResult> SendAsync(byte[] bytes) => RawBytes.SendAsync(reactor, transport, bytes);

    public ValueTask<byte[]> ReceiveAsync(int count) => RawBytes.ReceiveAsync(reactor, transport, count);

    /// <summary>Receives a whole frame and checks its checksums.</summary>
    public async ValueTask<(RpcHeader Header, byte[] Body, byte[] Payload)> ReceiveFrameAsync()
    {
        Assert.That(RpcHeader.Parse(await ReceiveAsync(RpcHeader.Size), out var header), Is.Null);
        var body = await ReceiveAsync(header.BodyBytes);
        Assert.That(Crc32C.Compute(body), Is.EqualTo(header.BodyChecksum));
        var payload = await ReceiveAsync(header.PayloadBytes);
        for (var i = 0; i < header.Blocks; i++)
            Assert.That(Crc32C.Compute(payload.AsSpan(i * 4096, 4096)), Is.EqualTo(BitConverter.ToUInt32(body, i * 4)));
        return (header, body, payload);
    }
}
