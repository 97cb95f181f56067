using System.Net;
using Uss.NfsFrontend.Xdr;
using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.TestSupport;

namespace Uss.NfsFrontend.OncRpc.Tests;

/// <summary>Calls of ours to servers that answer, answer late, answer nonsense, or not at all.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RpcClientTests
{
    private const long SecondNs = 1_000_000_000;
    private const int Port = 4045;

    private readonly SimulatedWorld _world = new(1);
    private readonly SimulatedReactor _server;
    private readonly SimulatedReactor _client;
    private readonly RpcClient _rpc;

    public RpcClientTests()
    {
        _server = _world.CreateReactor("server");
        _client = _world.CreateReactor("client");
        _rpc = new RpcClient(_client);
    }

    private Endpoint At => new(_server.Host.Address, Port);

    [TearDown]
    public void TearDown()
    {
        Assert.That(_client.Buffers.RentedBuffers, Is.Zero);
        _world.Dispose();
    }

    [TestCase(true, 0)]
    [TestCase(true, 5000)]
    [TestCase(false, 0)]
    [TestCase(false, 5000)]
    public void What_is_asked_is_answered(bool isDatagram, int length)
    {
        Serve();
        var argument = new byte[4 + length];
        new XdrWriter(argument).Opaque(new byte[length]);
        for (var round = 0; round < 20; round++)
        {
            var answer = Call(isDatagram, EchoProgram.Echo, argument);
            Assert.That(answer.Outcome, Is.EqualTo(RpcOutcome.Answered));
            Assert.That(answer.Results, Is.EqualTo(argument));
        }

        Assert.That(Call(isDatagram, 99, []).Outcome, Is.EqualTo(RpcOutcome.Refused));
        Assert.That(Call(isDatagram, EchoProgram.Silence, []).Outcome, Is.EqualTo(RpcOutcome.NoAnswer));
    }

    [Test]
    public void Datagrams_are_sent_again_until_one_gets_through()
    {
        Serve();
        _world.Network.Link(_client.Host, _server.Host).IsBlocked = true;
        var start = _world.NowNs;
        Assert.That(Call(true, EchoProgram.Null, []).Outcome, Is.EqualTo(RpcOutcome.NoAnswer));
        Assert.That(_world.NowNs - start, Is.InRange(9 * SecondNs, 10 * SecondNs));
        var late = _world.Start(_client, () => _rpc.CallDatagramAsync(IPAddress.Any, At, Procedure(EchoProgram.Null), [], 3));
        _world.RunFor(5 * SecondNs);
        _world.Network.Heal();
        Assert.That(_world.RunUntil(() => late.IsDone, 3 * SecondNs));
        Assert.That(late.Result.Outcome, Is.EqualTo(RpcOutcome.Answered));
    }

    [Test]
    public void What_was_not_sent_is_told_from_what_was_not_answered()
    {
        Assert.That(Call(false, EchoProgram.Null, []).Outcome, Is.EqualTo(RpcOutcome.NotSent), "nobody listens");
        var answer = _world.Run(_client, () => _rpc.CallDatagramAsync(IPAddress.IPv6Any, At, Procedure(0), [], 1));
        Assert.That(answer.Outcome, Is.EqualTo(RpcOutcome.NotSent), "another family");
    }

    [TestCase("80000000")]
    [TestCase("80000004" + "00000000")]
    [TestCase("7FFFFFFF" + "00")]
    [TestCase("FFFFFFFF" + "00")]
    [TestCase("00000000" + "80000004")]
    [TestCase("")]
    public void Nonsense_on_a_connection_is_no_answer(string bytes)
    {
        _world.Start(_server, async () =>
        {
            var accepted = (await _server.Listen(new Endpoint(IPAddress.Any, Port), 4).Value!.AcceptAsync()).Value!;
            await RawBytes.SendAsync(_server, accepted, Convert.FromHexString(bytes));
            if (bytes.Length == 0)
                await accepted.CloseAsync();
            return true;
        });
        _world.RunFor(SecondNs);
        Assert.That(Call(false, EchoProgram.Null, []).Outcome, Is.EqualTo(RpcOutcome.NoAnswer));
    }

    [Test]
    public void Only_the_answer_to_this_call_from_whom_was_called_counts()
    {
        _world.Start(_server, async () =>
        {
            var called = _server.BindDatagram(new Endpoint(IPAddress.Any, Port)).Value!;
            var other = _server.BindDatagram(new Endpoint(IPAddress.Any, 0)).Value!;
            var buffer = _server.Buffers.Rent(IDatagramSocket.ReceiveBytes);
            var received = await called.ReceiveAsync(buffer.Slice());
            var xid = RawClient.XidOf(buffer.Slice(0, 4).Span.ToArray());
            await SendAsync(called, received.Sender, []);
            await SendAsync(called, received.Sender, Reply(xid + 1, 1));
            await SendAsync(other, received.Sender, Reply(xid, 2));
            await _server.DelayAsync(SecondNs);
            await SendAsync(called, received.Sender, Reply(xid, 3));
            return true;
        });
        _world.RunFor(SecondNs);
        Assert.That(Call(true, EchoProgram.Null, []).Results, Is.EqualTo([0, 0, 0, 3]));
    }

    private static byte[] Reply(uint xid, uint result)
    {
        var bytes = new byte[RpcReply.AcceptedSize + 4];
        var writer = new XdrWriter(bytes);
        RpcReply.WriteAccepted(ref writer, xid, AcceptStatus.Success);
        writer.UInt32(result);
        return bytes;
    }

    private static RpcProcedure Procedure(uint procedure) => new(RawClient.Program, 3, procedure);

    private async ValueTask SendAsync(IDatagramSocket socket, Endpoint target, byte[] bytes)
    {
        var buffer = _server.Buffers.Rent(4096);
        bytes.CopyTo(buffer.Slice().Span);
        await socket.SendAsync(buffer.Slice(0, bytes.Length), target);
        buffer.Release();
    }

    private RpcAnswer Call(bool isDatagram, uint procedure, byte[] arguments) => _world.Run(_client, () => isDatagram
        ? _rpc.CallDatagramAsync(IPAddress.Any, At, Procedure(procedure), arguments, 3)
        : _rpc.CallStreamAsync(At, Procedure(procedure), arguments));

    private void Serve() => _world.Run(_server, () =>
    {
        var program = new EchoProgram(_server);
        Assert.That(new RpcServer(_server, [program], new RpcServerOptions()).Listen(new Endpoint(IPAddress.Any, Port)).IsOk);
        Assert.That(new RpcDatagramServer(_server, [program], new RpcDatagramOptions()).Bind(new Endpoint(IPAddress.Any, Port)).IsOk);
        return ValueTask.CompletedTask;
    });
}
