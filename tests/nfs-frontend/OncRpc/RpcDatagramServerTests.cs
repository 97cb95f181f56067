using System.Net;
using Uss.Runtime;
using Uss.TestSupport;

namespace Uss.NfsFrontend.OncRpc.Tests;

/// <summary>A server of datagrams on a real reactor against a client that does as it likes.</summary>
public sealed class RpcDatagramServerTests
{
    private Reactor _reactor = null!;
    private RpcDatagramServer _server = null!;
    private EchoProgram _program = null!;
    private Endpoint _endpoint;
    private RawDatagramClient _client = null!;

    [Test]
    public Task What_is_asked_is_answered() => Run(async () =>
    {
        Assert.That(Hex(await _client.CallAsync(RawClient.Call(7, EchoProgram.Null))), Is.EqualTo(Accepted(7, 0)));
        Assert.That(
            Hex(await _client.CallAsync(RawClient.Call(8, EchoProgram.Echo, [1, 2, 3, 4, 5]))),
            Is.EqualTo(Accepted(8, 0) + "00000005" + "0102030405000000"));
    });

    [Test]
    public Task What_is_not_there_is_named() => Run(async () =>
    {
        Assert.That(Hex(await _client.CallAsync(RawClient.Call(1, 0, program: 300_000))), Is.EqualTo(Accepted(1, 1)));
        Assert.That(Hex(await _client.CallAsync(RawClient.Call(2, 0, version: 1))), Is.EqualTo(Accepted(2, 2) + "0000000200000003"));
        Assert.That(Hex(await _client.CallAsync(RawClient.Call(4, 99))), Is.EqualTo(Accepted(4, 3)));
        var message = RawClient.Call(9, EchoProgram.Null);
        message[11] = 3;
        Assert.That(Hex(await _client.CallAsync(message)), Is.EqualTo("00000009" + "00000001" + "00000001" + "00000000" + "0000000200000002"));
    });

    [Test]
    public Task Each_client_gets_its_own_answers() => Run(async () =>
    {
        var clients = Enumerable.Range(0, 10).Select(_ => new RawDatagramClient(_reactor, _endpoint)).ToList();
        for (var i = 0; i < clients.Count; i++)
            await clients[i].SendAsync(RawClient.Call((uint)i, i % 2 == 0 ? EchoProgram.EchoLater : EchoProgram.Echo, [(byte)i]));
        while (_program.Held < 5)
            await _reactor.DelayAsync(1_000_000);
        _program.Release();
        for (var i = 0; i < clients.Count; i++)
        {
            Assert.That(Hex(await clients[i].ReceiveAsync()), Is.EqualTo(Accepted((uint)i, 0) + "00000001" + $"{i:X2}000000"));
            await clients[i].CloseAsync();
        }
    });

    [Test]
    public Task Too_many_calls_are_dropped() => Run(
        async () =>
        {
            for (var i = 0u; i < 20; i++)
                await _client.SendAsync(RawClient.Call(i, EchoProgram.EchoLater, []));
            while (_program.Held < 4)
                await _reactor.DelayAsync(1_000_000);

            // More would come now if it could.
            await _reactor.DelayAsync(20_000_000);
            Assert.That(_program.MostHeld, Is.EqualTo(4));
            _program.Release();
            for (var i = 0u; i < 4; i++)
                Assert.That(RawClient.XidOf(await _client.ReceiveAsync()), Is.EqualTo(i));
            Assert.That(Hex(await _client.CallAsync(RawClient.Call(99, EchoProgram.Null))), Is.EqualTo(Accepted(99, 0)));
        },
        new RpcDatagramOptions { MaxCalls = 4 });

    [Test]
    public Task What_is_not_answered_keeps_no_room() => Run(
        async () =>
        {
            for (var i = 0; i < 20; i++)
                await _client.SendAsync(RawClient.Call(1, EchoProgram.Silence));
            Assert.That(Hex(await _client.CallAsync(RawClient.Call(2, EchoProgram.Null))), Is.EqualTo(Accepted(2, 0)));
        },
        new RpcDatagramOptions { MaxCalls = 2 });

    [Test]
    public Task A_long_call_is_not_answered_and_a_long_reply_is_refused() => Run(
        async () =>
        {
            // A header is 40 bytes, the length of the argument 4.
            await _client.SendAsync(RawClient.Call(1, EchoProgram.Echo, new byte[1000 - 44 + 1]));
            Assert.That(await _client.CallAsync(RawClient.Call(2, EchoProgram.Echo, new byte[200 - 28])), Has.Length.EqualTo(200));
            Assert.That(Hex(await _client.CallAsync(RawClient.Call(3, EchoProgram.Echo, new byte[200 - 28 + 1]))), Is.EqualTo(Accepted(3, 5)));
        },
        new RpcDatagramOptions { MaxCallBytes = 1000, MaxReplyBytes = 200 });

    [Test]
    public Task Random_bytes_and_replies_harm_nobody() => Run(async () =>
    {
        for (var round = 0; round < 500; round++)
        {
            var bytes = new byte[_reactor.Random.Next(200)];
            _reactor.Random.Fill(bytes);
            await _client.SendAsync(round % 2 == 0 ? bytes : [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, .. bytes]);
        }

        byte[] reply = [.. RawClient.Call(1, 0)];
        reply[7] = 1;
        await _client.SendAsync(reply);
        var second = new RawDatagramClient(_reactor, _endpoint);
        Assert.That(Hex(await second.CallAsync(RawClient.Call(7, EchoProgram.Null))), Is.EqualTo(Accepted(7, 0)));
        await second.CloseAsync();
    });

    [Test]
    public Task A_stop_waits_for_calls_and_takes_no_more() => Run(async () =>
    {
        await _client.SendAsync(RawClient.Call(1, EchoProgram.EchoLater, []));
        while (_program.Held < 1)
            await _reactor.DelayAsync(1_000_000);
        var stopping = _server.StopAsync();
        await _client.SendAsync(RawClient.Call(2, EchoProgram.EchoLater, []));
        await _reactor.DelayAsync(20_000_000);
        Assert.That(_program.Held, Is.EqualTo(1));
        _program.Release();
        Assert.That(RawClient.XidOf(await _client.ReceiveAsync()), Is.EqualTo(1));
        await stopping;
    });

    [Test]
    public Task A_handler_that_never_ends_does_not_hold_up_a_stop() => Run(
        async () =>
        {
            await _client.SendAsync(RawClient.Call(1, EchoProgram.EchoLater, []));
            while (_program.Held < 1)
                await _reactor.DelayAsync(1_000_000);
            await _server.StopAsync();
            _program.Release();
            while (_program.Held > 0)
                await _reactor.DelayAsync(1_000_000);
            await _reactor.YieldAsync();
        },
        new RpcDatagramOptions { DrainTimeoutNs = 20_000_000 });

    private static string Hex(byte[] bytes) => Convert.ToHexString(bytes);

    private static string Accepted(uint xid, uint status) => $"{xid:X8}" + "00000001" + "00000000" + "00000000" + "00000000" + $"{status:X8}";

    private Task Run(Func<ValueTask> work, RpcDatagramOptions? options = null) => ReactorTest.Run(async reactor =>
    {
        _reactor = reactor;
        _program = new EchoProgram(reactor);
        _server = new RpcDatagramServer(reactor, [_program], options ?? new RpcDatagramOptions());
        _endpoint = _server.Bind(new Endpoint(IPAddress.Loopback, 0)).Value;
        _client = new RawDatagramClient(reactor, _endpoint);
        await work();
        await _client.CloseAsync();
        await _server.StopAsync();
    });
}
