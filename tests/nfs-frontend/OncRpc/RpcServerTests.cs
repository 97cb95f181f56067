using System.Net;
using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.TestSupport;

namespace Uss.NfsFrontend.OncRpc.Tests;

/// <summary>A server on a real reactor against a client that does as it likes.</summary>
public sealed class RpcServerTests
{
    private const long SecondNs = 1_000_000_000;

    private readonly List<string> _dropped = [];
    private readonly List<bool> _misuses = [];
    private Reactor _reactor = null!;
    private RpcServer _server = null!;
    private EchoProgram _program = null!;
    private RawClient _client = null!;

    [SetUp]
    public void Forget()
    {
        _dropped.Clear();
        _misuses.Clear();
    }

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
        Assert.That(Hex(await _client.CallAsync(RawClient.Call(3, 0, version: 4))), Is.EqualTo(Accepted(3, 2) + "0000000200000003"));
        Assert.That(Hex(await _client.CallAsync(RawClient.Call(4, 99))), Is.EqualTo(Accepted(4, 3)));
        Assert.That(Hex(await _client.CallAsync(RawClient.Call(5, EchoProgram.Echo))), Is.EqualTo(Accepted(5, 4)));
    });

    [Test]
    public Task Another_version_of_RPC_is_refused() => Run(async () =>
    {
        var message = RawClient.Call(9, EchoProgram.Null);
        message[11] = 3;
        Assert.That(Hex(await _client.CallAsync(message)), Is.EqualTo("00000009" + "00000001" + "00000001" + "00000000" + "0000000200000002"));
    });

    [Test]
    public Task Who_calls_is_known_or_refused() => Run(async () =>
    {
        var user = RpcMessageTests.User(1000, 100, [4, 24, 27]);
        Assert.That(
            Hex(await _client.CallAsync(RawClient.Call(1, EchoProgram.WhoAmI, user: user))), Is.EqualTo(Accepted(1, 0) + "000003E800000003"));
        Assert.That(Hex(await _client.CallAsync(RawClient.Call(2, EchoProgram.WhoAmI))), Is.EqualTo(Accepted(2, 0) + "0000000000000000"));
        const string denied = "00000001" + "00000001" + "00000001";
        Assert.That(
            Hex(await _client.CallAsync(RawClient.Call(3, EchoProgram.WhoAmI, user: user[..^1]))), Is.EqualTo("00000003" + denied + "00000001"));
        var kerberos = RawClient.Call(4, EchoProgram.WhoAmI, user: user);
        kerberos[27] = 6;
        Assert.That(Hex(await _client.CallAsync(kerberos)), Is.EqualTo("00000004" + denied + "00000001"));
    });

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(50)]
    [TestCase(4000)]
    public Task A_record_may_come_in_any_fragments_and_parts(int fragmentBytes) => Run(async () =>
    {
        var bytes = new byte[10_000];
        _reactor.Random.Fill(bytes);
        var record = RawClient.Record(RawClient.Call(1, EchoProgram.Echo, bytes), fragmentBytes);
        for (var offset = 0; offset < record.Length; offset += 777)
        {
            await _client.SendAsync(record[offset..Math.Min(offset + 777, record.Length)]);
            await _reactor.YieldAsync();
        }

        Assert.That((await _client.ReceiveAsync()).AsSpan(28).SequenceEqual(bytes));
    });

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(4093)]
    [TestCase(200_000)]
    [TestCase(1 << 20)]
    public Task Data_lies_on_a_page_boundary_and_goes_out_as_it_is(int length) => Run(async () =>
    {
        var bytes = new byte[length];
        _reactor.Random.Fill(bytes);
        for (var round = 0; round < 3; round++)
        {
            var reply = await _client.CallAsync(RawClient.Call(1, EchoProgram.EchoAsData, bytes, user: RpcMessageTests.User(0, 0, [1])));
            Assert.That(_program.Misalignment, Is.Zero);
            Assert.That(reply.AsSpan(28, length).SequenceEqual(bytes));
            Assert.That(reply.AsSpan(28 + length).ToArray(), Is.All.Zero);
        }
    });

    [Test]
    public Task Calls_run_beside_each_other_and_are_answered_once_each() => Run(async () =>
    {
        const int calls = 1000;
        byte[] records = [.. Enumerable.Range(0, calls).SelectMany(
            i => RawClient.Record(RawClient.Call((uint)i, i % 2 == 0 ? EchoProgram.Echo : EchoProgram.EchoLater, new byte[i])))];
        var sending = _client.SendAsync(records);
        var answered = new HashSet<uint>();
        while (answered.Count < calls)
        {
            if (_program.Held > 0)
                _program.Release();
            var reply = await _client.ReceiveAsync();
            Assert.That(answered.Add(RawClient.XidOf(reply)));
            Assert.That(reply.Length, Is.EqualTo(28 + ((RawClient.XidOf(reply) + 3) & ~3u)));
        }

        await sending;
    });

    [Test]
    public Task Too_many_calls_wait_in_the_socket() => Run(
        async () =>
        {
            await _client.SendAsync([.. Enumerable.Range(0, 40).SelectMany(
                i => RawClient.Record(RawClient.Call((uint)i, EchoProgram.EchoLater, [])))]);
            for (var round = 0; round < 5; round++)
            {
                while (_program.Held < 8)
                    await _reactor.DelayAsync(1_000_000);

                // More would come now if it could.
                await _reactor.DelayAsync(5_000_000);
                _program.Release();
                for (var i = 0; i < 8; i++)
                    Assert.That(await _client.ReceiveAsync(), Is.Not.Empty);
            }

            Assert.That(_program.MostHeld, Is.EqualTo(8));
        },
        new RpcServerOptions { MaxCalls = 8 });

    [Test]
    public Task Too_many_bytes_of_calls_wait_in_the_socket() => Run(
        async () =>
        {
            // Two records reach the bound of 50,000 bytes, whatever the bound of calls.
            await _client.SendAsync([.. Enumerable.Range(0, 12).SelectMany(
                i => RawClient.Record(RawClient.Call((uint)i, EchoProgram.EchoLater, new byte[30_000])))]);
            for (var round = 0; round < 6; round++)
            {
                while (_program.Held < 2)
                    await _reactor.DelayAsync(1_000_000);

                // More would come now if it could.
                await _reactor.DelayAsync(5_000_000);
                _program.Release();
                for (var i = 0; i < 2; i++)
                    Assert.That(await _client.ReceiveAsync(), Is.Not.Empty);
            }

            Assert.That(_program.MostHeld, Is.EqualTo(2));
        },
        new RpcServerOptions { MaxCallBytes = 50_000 });

    [Test]
    public void A_connection_on_which_nothing_comes_is_closed_unless_it_waits_for_an_answer()
    {
        using var world = new SimulatedWorld(1);
        var server = world.CreateReactor("server");
        var client = world.CreateReactor("client");
        _program = new EchoProgram(server);
        _server = new RpcServer(server, [_program], new RpcServerOptions { IdleTimeoutNs = 60 * SecondNs }, Note);
        var endpoint = world.Run(server, () => ValueTask.FromResult(_server.Listen(new Endpoint(IPAddress.Any, 2049)).Value));
        world.Run(client, async () =>
        {
            var address = new Endpoint(server.Host.Address, endpoint.Port);
            var busy = await RawClient.ConnectAsync(client, address);
            var waiting = await RawClient.ConnectAsync(client, address);
            var idle = await RawClient.ConnectAsync(client, address);
            await waiting.SendAsync(RawClient.Record(RawClient.Call(1, EchoProgram.EchoLater, [])));
            for (var i = 0u; i < 4; i++)
            {
                Assert.That(await busy.CallAsync(RawClient.Call(i, EchoProgram.Null)), Is.Not.Empty);
                await client.DelayAsync(20 * SecondNs);
            }

            Assert.That(await idle.ReceiveAsync(), Is.Empty);
            Assert.That(_dropped, Is.EqualTo(["nothing came for a long time"]));
            Assert.That(_misuses, Is.EqualTo([false]));
            Assert.That(_server.Connections, Is.EqualTo(2));
            server.Post(_ => _program.Release(), null);
            Assert.That(await waiting.ReceiveAsync(), Is.Not.Empty);
        });
    }

    [Test]
    public Task What_is_not_answered_keeps_no_room() => Run(
        async () =>
        {
            for (var i = 0; i < 20; i++)
                await _client.SendAsync(RawClient.Record(RawClient.Call(1, EchoProgram.Silence)));
            Assert.That(Hex(await _client.CallAsync(RawClient.Call(2, EchoProgram.Null))), Is.EqualTo(Accepted(2, 0)));
        },
        new RpcServerOptions { MaxCalls = 2 });

    [TestCase("FFFFFFFF", "a record is longer than anything that is served here")]
    [TestCase("00100001" + "00", "a record is longer than anything that is served here")]
    [TestCase("00000000", "an empty fragment came")]
    [TestCase("80000000", "an empty fragment came")]
    [TestCase("80000004" + "00000000", "something came that is no call")]
    [TestCase("8000000C" + "000000010000000100000002", "something came that is no call")]
    public Task Garbage_ends_the_connection(string bytes, string reason) => Run(
        async () =>
        {
            await _client.SendAsync(Convert.FromHexString(bytes));
            Assert.That(await _client.ReceiveAsync(), Is.Empty);
            while (_dropped.Count == 0)
                await _reactor.DelayAsync(1_000_000);
            Assert.That(_dropped, Is.EqualTo([reason]));
            Assert.That(_misuses, Is.EqualTo([true]));
        },
        new RpcServerOptions { MaxRecordBytes = 1 << 20 });

    [Test]
    public Task Random_bytes_harm_nobody() => Run(async () =>
    {
        for (var round = 0; round < 200; round++)
        {
            var hostile = await RawClient.ConnectAsync(_reactor, _client.Transport.Remote);
            var bytes = new byte[_reactor.Random.Next(200)];
            _reactor.Random.Fill(bytes);
            await hostile.SendAsync(round % 2 == 0 ? bytes : RawClient.Record([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, .. bytes]));
            await hostile.Transport.CloseAsync();
        }

        Assert.That(Hex(await _client.CallAsync(RawClient.Call(7, EchoProgram.Null))), Is.EqualTo(Accepted(7, 0)));
        while (_server.Connections > 1)
            await _reactor.DelayAsync(1_000_000);
    });

    [Test]
    public Task Too_many_connections_are_refused() => Run(
        async () =>
        {
            var second = await RawClient.ConnectAsync(_reactor, _client.Transport.Remote);
            var third = await RawClient.ConnectAsync(_reactor, _client.Transport.Remote);
            Assert.That(await third.ReceiveAsync(), Is.Empty);
            Assert.That(_dropped, Is.EqualTo(["there are too many connections"]));
            Assert.That(await second.CallAsync(RawClient.Call(7, EchoProgram.Null)), Is.Not.Empty);
            await second.Transport.CloseAsync();
            await third.Transport.CloseAsync();
        },
        new RpcServerOptions { MaxConnections = 2 });

    [Test]
    public Task A_stop_waits_for_calls_and_not_for_ever() => Run(
        async () =>
        {
            await _client.SendAsync([
                .. RawClient.Record(RawClient.Call(1, EchoProgram.EchoLater, [])), .. RawClient.Record(RawClient.Call(2, EchoProgram.EchoLater, []))]);
            while (_program.Held < 2)
                await _reactor.DelayAsync(1_000_000);
            var stopping = _server.StopAsync();
            _program.Release();
            Assert.That(RawClient.XidOf(await _client.ReceiveAsync()), Is.EqualTo(1));
            Assert.That(RawClient.XidOf(await _client.ReceiveAsync()), Is.EqualTo(2));
            await stopping;
            Assert.That(await _client.ReceiveAsync(), Is.Empty);
            Assert.That((await _reactor.ConnectAsync(_client.Transport.Remote)).IsOk, Is.False);
        });

    [Test]
    public Task A_handler_that_never_ends_does_not_hold_up_a_stop() => Run(
        async () =>
        {
            await _client.SendAsync(RawClient.Record(RawClient.Call(1, EchoProgram.EchoLater, [])));
            while (_program.Held < 1)
                await _reactor.DelayAsync(1_000_000);
            await _server.StopAsync();
            Assert.That(await _client.ReceiveAsync(), Is.Empty);
            Assert.That(_server.Connections, Is.EqualTo(1), "its call is still under way");
            _program.Release();
            while (_server.Connections > 0)
                await _reactor.DelayAsync(1_000_000);
        },
        new RpcServerOptions { DrainTimeoutNs = 20_000_000 });

    private void Note(DroppedConnection dropped)
    {
        _dropped.Add(dropped.Reason);
        _misuses.Add(dropped.IsMisuse);
    }

    private static string Hex(byte[] bytes) => Convert.ToHexString(bytes);

    private static string Accepted(uint xid, uint status) => $"{xid:X8}" + "00000001" + "00000000" + "00000000" + "00000000" + $"{status:X8}";

    private Task Run(Func<ValueTask> work, RpcServerOptions? options = null) => ReactorTest.Run(async reactor =>
    {
        _reactor = reactor;
        _program = new EchoProgram(reactor);
        _server = new RpcServer(reactor, [_program], options ?? new RpcServerOptions(), Note);
        var endpoint = _server.Listen(new Endpoint(IPAddress.Loopback, 0)).Value;
        _client = await RawClient.ConnectAsync(reactor, endpoint);
        await work();
        await _client.Transport.CloseAsync();
        await _server.StopAsync();
    });
}
