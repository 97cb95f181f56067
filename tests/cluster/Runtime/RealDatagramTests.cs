using System.Net;
using System.Net.Sockets;

namespace Uss.Runtime.Tests;

/// <summary>Datagrams with peers that are not ours: plain sockets.</summary>
public sealed class RealDatagramTests(string kind) : RealReactorContract(kind)
{
    [Test]
    public Task A_plain_socket_is_answered([Values] bool isVersion6) => Run(async reactor =>
    {
        var address = isVersion6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        if (isVersion6 && !Socket.OSSupportsIPv6)
            Assert.Ignore("this machine has no IPv6");
        var bound = reactor.BindDatagram(new Endpoint(address, 0));
        if (bound.Fault?.Code == "address-unknown")
            Assert.Ignore("this machine has no IPv6 loopback");
        var socket = bound.Value!;
        using var peer = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 30_000 };
        peer.Connect(new IPEndPoint(address, socket.Local.Port));
        peer.Send("question"u8);
        var (bytes, sender) = await DatagramTests.ReceiveAsync(reactor, socket);
        Assert.That(bytes, Is.EqualTo("question"u8.ToArray()));
        Assert.That(sender.ToString(), Is.EqualTo(peer.LocalEndPoint!.ToString()));
        await DatagramTests.SendAsync(reactor, socket, "answer"u8.ToArray(), sender);
        var answer = new byte[100];
        Assert.That(answer[..peer.Receive(answer)], Is.EqualTo("answer"u8.ToArray()));
        await socket.CloseAsync();
    });

    [Test]
    public Task Who_is_not_there_does_no_harm() => Run(async reactor =>
    {
        var socket = reactor.BindDatagram(Loopback).Value!;
        var gone = reactor.BindDatagram(Loopback).Value!;
        await gone.CloseAsync();
        for (var i = 0; i < 10; i++)
            Assert.That((await DatagramTests.SendAsync(reactor, socket, [1, 2, 3], gone.Local)).IsOk);
        await DatagramTests.SendAsync(reactor, socket, [4], socket.Local);
        Assert.That((await DatagramTests.ReceiveAsync(reactor, socket)).Bytes, Is.EqualTo([4]));
        await socket.CloseAsync();
    });

    [Test]
    public Task Addresses_that_are_not_ours_are_a_fault() => Run(reactor =>
    {
        var bound = reactor.BindDatagram(new Endpoint(IPAddress.Parse("192.0.2.1"), 0));
        Assert.That(bound.Fault?.Code, Is.EqualTo("address-unknown"));
        return default;
    });

    [Test]
    public async Task A_waiting_receive_ends_when_the_reactor_stops()
    {
        var reactor = Create(new ReactorOptions { OnUnhandledException = e => Assert.Fail(e.ToString()) });
        reactor.Start();
        var ended = 0;
        await reactor.InvokeAsync(async () =>
        {
            async ValueTask ReceiveAsync()
            {
                var socket = reactor.BindDatagram(Loopback).Value!;
                var buffer = reactor.Buffers.Rent(IDatagramSocket.ReceiveBytes);
                if ((await socket.ReceiveAsync(buffer.Slice())).Result.Error == Errno.Canceled)
                    ended++;
                buffer.Release();
            }

            for (var i = 0; i < 8; i++)
                reactor.Spawn(ReceiveAsync());
            await reactor.DelayAsync(5 * MillisecondNs);
            return 0;
        });
        await reactor.StopAsync();
        Assert.That((ended, reactor.Buffers.RentedBuffers), Is.EqualTo((8, 0)));
    }
}
