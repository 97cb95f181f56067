using System.Net;

namespace Uss.Runtime.Tests;

public sealed class DatagramTests(string kind) : ReactorContract(kind)
{
    [TestCase(0)]
    [TestCase(1)]
    [TestCase(8192)]
    [TestCase(65_507)]
    public Task A_datagram_arrives_whole_with_its_sender(int length) => Run(async reactor =>
    {
        var (first, second) = Bind(reactor);
        var bytes = new byte[length];
        reactor.Random.Fill(bytes);
        Assert.That(await SendAsync(reactor, first, bytes, second.Local), Is.EqualTo(new IoResult(length)));
        var (received, sender) = await ReceiveAsync(reactor, second);
        Assert.That(received.AsSpan().SequenceEqual(bytes));
        Assert.That(sender, Is.EqualTo(first.Local));
        await CloseAsync(first, second);
    });

    [Test]
    public Task A_datagram_that_is_too_long_or_of_another_family_is_not_sent() => Run(async reactor =>
    {
        var (first, second) = Bind(reactor);
        Assert.That((await SendAsync(reactor, first, new byte[65_508], second.Local)).Error, Is.EqualTo(Errno.MessageSize));
        Assert.That((await SendAsync(reactor, first, [1], new Endpoint(IPAddress.IPv6Loopback, second.Local.Port))).Error, Is.EqualTo(Errno.Invalid));
        Assert.That((await SendAsync(reactor, first, [1], second.Local)).IsOk);
        await CloseAsync(first, second);
    });

    [Test]
    public Task Many_questions_are_answered_to_who_asked() => Run(async reactor =>
    {
        const int clients = 20;
        const int rounds = 20;
        var server = reactor.BindDatagram(Loopback).Value!;
        async ValueTask ServeAsync()
        {
            for (var i = 0; i < clients * rounds; i++)
            {
                var (bytes, sender) = await ReceiveAsync(reactor, server);
                await SendAsync(reactor, server, bytes, sender);
            }
        }

        async ValueTask<bool> AskAsync(int number)
        {
            var socket = reactor.BindDatagram(Loopback).Value!;
            var isRight = true;
            for (var round = 0; round < rounds; round++)
            {
                byte[] question = [(byte)number, (byte)round];
                await SendAsync(reactor, socket, question, server.Local);
                var (answer, sender) = await ReceiveAsync(reactor, socket);
                isRight &= sender == server.Local && answer.AsSpan().SequenceEqual(question);
            }

            await socket.CloseAsync();
            return isRight;
        }

        reactor.Spawn(ServeAsync());
        var asking = Enumerable.Range(0, clients).Select(number => AskAsync(number).AsTask()).ToArray();
        Assert.That(await Task.WhenAll(asking), Is.All.True);
        await server.CloseAsync();
    });

    [Test]
    public Task Closing_ends_a_waiting_receive([Values] bool isStarted) => Run(async reactor =>
    {
        var (first, second) = Bind(reactor);
        var buffer = reactor.Buffers.Rent(IDatagramSocket.ReceiveBytes);
        var receiving = first.ReceiveAsync(buffer.Slice());

        // Without a turn in between, the operation has not even reached the kernel.
        if (isStarted)
            await reactor.DelayAsync(MillisecondNs);
        var closing = first.CloseAsync();
        Assert.That((await receiving).Result.Error, Is.EqualTo(Errno.Canceled));
        await closing;
        Assert.That((await first.ReceiveAsync(buffer.Slice())).Result.Error, Is.EqualTo(Errno.Canceled));
        Assert.That((await SendAsync(reactor, first, [1], second.Local)).Error, Is.EqualTo(Errno.Canceled));
        buffer.Release();
        await CloseAsync(first, second);
    });

    [Test]
    public Task A_port_is_taken_once_and_free_again_after_closing() => Run(async reactor =>
    {
        var (first, second) = Bind(reactor);
        Assert.That(reactor.BindDatagram(first.Local).Fault?.Code, Is.EqualTo("port-in-use").Or.EqualTo("address-in-use"));
        var listener = reactor.Listen(first.Local, 1);
        Assert.That(listener.Fault, Is.Null, "ports of TCP are others");
        await listener.Value!.CloseAsync();
        await first.CloseAsync();
        await first.CloseAsync();
        var again = reactor.BindDatagram(first.Local);
        Assert.That(again.Fault, Is.Null);
        await CloseAsync(again.Value!, second);
    });

    private static (IDatagramSocket First, IDatagramSocket Second) Bind(Reactor reactor)
    {
        var (first, second) = (reactor.BindDatagram(Loopback), reactor.BindDatagram(Loopback));
        Assert.That((first.Fault, second.Fault), Is.EqualTo(((Fault?)null, (Fault?)null)));
        Assert.That(first.Value!.Local.Port, Is.GreaterThan(0).And.Not.EqualTo(second.Value!.Local.Port));
        return (first.Value, second.Value);
    }

    internal static async ValueTask<IoResult> SendAsync(Reactor reactor, IDatagramSocket socket, byte[] bytes, Endpoint target)
    {
        var buffer = reactor.Buffers.Rent(Math.Max(bytes.Length, 1));
        bytes.CopyTo(buffer.Slice().Span);
        var result = await socket.SendAsync(buffer.Slice(0, bytes.Length), target);
        buffer.Release();
        return result;
    }

    internal static async ValueTask<(byte[] Bytes, Endpoint Sender)> ReceiveAsync(Reactor reactor, IDatagramSocket socket)
    {
        var buffer = reactor.Buffers.Rent(IDatagramSocket.ReceiveBytes);
        var received = await socket.ReceiveAsync(buffer.Slice());
        Assert.That(received.Result.IsOk, received.Result.ToString());
        var bytes = buffer.Slice(0, received.Result.Bytes).Span.ToArray();
        buffer.Release();
        return (bytes, received.Sender);
    }

    private static async ValueTask CloseAsync(IDatagramSocket first, IDatagramSocket second)
    {
        await first.CloseAsync();
        await second.CloseAsync();
    }
}
