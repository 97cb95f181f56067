using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.Replication.Rpc.Tests;

/// <summary>Deadlines in the middle of an answer. Only in virtual time, where nothing but the test decides what comes first.</summary>
public sealed class RpcDeadlineTests
{
    private const long MillisecondNs = 1_000_000;
    private const byte Untouched = 0xA5;

    [Test]
    public void A_call_times_out_between_the_pieces_of_its_answer() => Run(async reactor =>
    {
        var (peer, connection) = await RawPeer.AcceptAsync(reactor);
        var call = NewRead(connection, 8192);
        var calling = connection.CallAsync(call, 100 * MillisecondNs);
        var request = await peer.ReceiveFrameAsync();
        var answer = RawPeer.Frame(new RpcHeader { Kind = RpcKind.Answer, Id = request.Header.Id }, new byte[8192]);
        await peer.SendAsync(answer[..5000]);
        Assert.That(await calling, Is.EqualTo(RpcStatus.TimedOut));
        var target = call.Target;
        target.Span.Fill(Untouched);
        connection.Return(call);
        await peer.SendAsync(answer[5000..]);
        while (connection.RequestsUnderWay > 0)
            await reactor.DelayAsync(MillisecondNs);
        Assert.That(target.Span.IndexOfAnyExcept(Untouched), Is.EqualTo(-1));
        Assert.That(connection.IsOpen);
        target.Buffer.Release();
        await connection.CloseAsync();
        await peer.Transport.CloseAsync();
    });

    [Test]
    public void A_long_answer_that_is_arriving_gets_more_time_but_not_for_ever([Values] bool comesLate) => Run(async reactor =>
    {
        var (peer, connection) = await RawPeer.AcceptAsync(reactor);
        var call = NewRead(connection, 1 << 20);
        var startNs = reactor.MonotonicNs;
        var calling = connection.CallAsync(call, 400 * MillisecondNs);
        var request = await peer.ReceiveFrameAsync();
        var answer = RawPeer.Frame(new RpcHeader { Kind = RpcKind.Answer, Id = request.Header.Id }, new byte[1 << 20]);

        // Small enough to have been received, so that the connection waits for the rest in the caller's buffer.
        await peer.SendAsync(answer[..5000]);
        await reactor.DelayAsync(startNs + (800 * MillisecondNs) - reactor.MonotonicNs);
        Assert.That(calling.IsCompleted, Is.False);
        if (comesLate)
            await peer.SendAsync(answer[5000..]);
        Assert.That(await calling, Is.EqualTo(comesLate ? RpcStatus.Ok : RpcStatus.Lost));
        Assert.That(connection.IsOpen, Is.EqualTo(comesLate));
        if (comesLate)
            Assert.That(call.Target.Span.IndexOfAnyExcept((byte)0), Is.EqualTo(-1));
        else
            Assert.That(connection.EndReason, Does.Contain("in the middle of an answer"));
        call.Target.Buffer.Release();
        connection.Return(call);
        await connection.CloseAsync();
        await peer.Transport.CloseAsync();
    });

    private static void Run(Func<Reactor, ValueTask> work)
    {
        using var world = new SimulatedWorld(1);
        var reactor = world.CreateReactor("node");
        var link = world.Network.Link(reactor.Host, reactor.Host);
        link.TailProbability = 0;
        world.Run(reactor, () => work(reactor));
        Assert.That(reactor.Buffers.RentedBuffers, Is.Zero);
    }

    private static RpcCall NewRead(RpcConnection connection, int targetBytes)
    {
        var call = connection.Rent();
        call.Operation = EchoService.Read;
        call.Target = Reactor.Current.Buffers.Rent(targetBytes).Slice(0, targetBytes);
        call.Target.Span.Fill(Untouched);
        return call;
    }
}
