using Uss.Runtime;

namespace Uss.Replication.Rpc.Tests;

public sealed class RpcTimeoutTests(string kind) : RpcContract(kind)
{
    private const byte Untouched = 0xA5;

    [Test]
    public Task A_late_answer_is_thrown_away([Values(0, 4096, 1 << 20)] int payloadBytes) => Run(async reactor =>
    {
        var service = new EchoService();
        var pair = await RpcPair.OpenAsync(reactor, new EchoService(), service);
        var call = NewCall(pair.Dialer, EchoService.Hold, payloadBytes, payloadBytes);
        var (payload, target) = (call.Payload, call.Target);
        Assert.That(await pair.Dialer.CallAsync(call, 30 * MillisecondNs), Is.EqualTo(RpcStatus.TimedOut));
        pair.Dialer.Return(call);
        Assert.That(pair.Dialer.RequestsUnderWay, Is.EqualTo(1));
        while (service.Held == 0)
            await reactor.DelayAsync(MillisecondNs);
        service.LetGo();
        while (pair.Dialer.RequestsUnderWay > 0)
            await reactor.DelayAsync(MillisecondNs);
        Assert.That(target.Span.IndexOfAnyExcept(Untouched), Is.EqualTo(-1));
        Release(payload);
        Release(target);

        var next = NewCall(pair.Dialer, EchoService.Echo, 4096, 4096);
        Assert.That(await pair.Dialer.CallAsync(next, 10 * SecondNs), Is.EqualTo(RpcStatus.Ok));
        Release(next.Payload);
        Release(next.Target);
        pair.Dialer.Return(next);
        await pair.CloseAsync();
    });

    [Test]
    public Task A_call_that_waits_for_the_window_times_out_unsent() => Run(async reactor =>
    {
        var service = new EchoService();
        var pair = await RpcPair.OpenAsync(reactor, new EchoService(), service, acceptorOptions: new RpcOptions { WindowRequests = 1 });
        var first = NewCall(pair.Dialer, EchoService.Hold, 0, 0);
        var holding = pair.Dialer.CallAsync(first, long.MaxValue);
        var second = NewCall(pair.Dialer, EchoService.Echo, 0, 0);
        var third = NewCall(pair.Dialer, EchoService.Echo, 0, 0);
        var thirdCalling = pair.Dialer.CallAsync(third, 60 * SecondNs);
        var secondCalling = pair.Dialer.CallAsync(second, 20 * MillisecondNs);
        Assert.That(await secondCalling, Is.EqualTo(RpcStatus.TimedOut));
        Assert.That(pair.Dialer.WaitingCalls, Is.EqualTo(1));
        while (service.Held == 0)
            await reactor.DelayAsync(MillisecondNs);
        service.LetGo();
        Assert.That(await holding, Is.EqualTo(RpcStatus.Ok));
        Assert.That(await thirdCalling, Is.EqualTo(RpcStatus.Ok));
        Assert.That(service.Requests, Is.EqualTo(2));
        await pair.CloseAsync();
    });

    [Test]
    public Task Calls_to_a_peer_that_does_not_read_time_out() => Run(async reactor =>
    {
        var (peer, connection) = await RawPeer.AcceptAsync(reactor);
        var calls = new List<(RpcCall Call, ValueTask<RpcStatus> Task)>();
        for (var i = 0; i < 20; i++)
        {
            var call = NewCall(connection, EchoService.Write, 4 << 20, 0);
            calls.Add((call, connection.CallAsync(call, (20 + i) * MillisecondNs)));
        }

        foreach (var (call, task) in calls)
        {
            Assert.That(await task, Is.EqualTo(RpcStatus.TimedOut));
            Release(call.Payload);
            connection.Return(call);
        }

        // What the kernel is still reading is held by the connection alone.
        Assert.That(connection.WaitingCalls, Is.Zero);
        connection.Abort("cut by the test");
        await connection.WaitClosedAsync();
        await peer.Transport.CloseAsync();
    });

    [Test]
    public Task A_request_whose_time_is_over_is_not_started() => Run(async reactor =>
    {
        var service = new EchoService();
        var (peer, connection) = await RawPeer.DialAsync(reactor, service);
        var header = new RpcHeader { Kind = RpcKind.Request, Operation = EchoService.Write, Id = 5, TimeoutMs = 1 };
        var frame = RawPeer.Frame(header, new byte[8192]);
        await peer.SendAsync(frame[..2000]);
        await reactor.DelayAsync(500 * MillisecondNs);
        await peer.SendAsync(frame[2000..]);
        var answer = await peer.ReceiveFrameAsync();
        Assert.That(answer.Header.Status, Is.EqualTo(RpcStatus.TimedOut));
        Assert.That(answer.Header.Id, Is.EqualTo(5));
        Assert.That(service.Requests, Is.Zero);
        await connection.CloseAsync();
        await peer.Transport.CloseAsync();
    });

    [Test]
    public Task The_time_that_is_left_goes_with_the_request() => Run(async reactor =>
    {
        var (peer, connection) = await RawPeer.AcceptAsync(reactor);
        (long, uint)[] cases = [(long.MaxValue, 0), (7 * SecondNs, 7000), (1, 1), ((20 * MillisecondNs) + 1, 21)];
        foreach (var (timeoutNs, timeoutMs) in cases)
        {
            var call = connection.Rent();
            var calling = connection.CallAsync(call, timeoutNs);
            var request = await peer.ReceiveFrameAsync();
            Assert.That(request.Header.TimeoutMs, Is.EqualTo(timeoutMs).Within(timeoutMs > 1 ? 1U : 0U));
            await peer.SendAsync(RawPeer.Frame(new RpcHeader { Kind = RpcKind.Answer, Id = request.Header.Id }));
            Assert.That(await calling, Is.EqualTo(RpcStatus.Ok).Or.EqualTo(RpcStatus.TimedOut));
            connection.Return(call);
        }

        connection.Abort("cut by the test");
        await connection.CloseAsync();
        await peer.Transport.CloseAsync();
    });

    [Test]
    public Task Many_calls_with_many_deadlines_time_out_each() => Run(async reactor =>
    {
        var (peer, connection) = await RawPeer.AcceptAsync(reactor, new RpcOptions { WindowRequests = 10 });
        var startNs = reactor.MonotonicNs;
        var tasks = new List<ValueTask<long>>();
        for (var i = 0; i < 200; i++)
            tasks.Add(EndAsync(i * 37 % 50 * MillisecondNs));
        for (var i = 0; i < 200; i++)
            Assert.That(await tasks[i] - startNs, Is.GreaterThanOrEqualTo(i * 37 % 50 * MillisecondNs));
        Assert.That(connection.RequestsUnderWay, Is.EqualTo(10));
        connection.Abort("cut by the test");
        await connection.CloseAsync();
        await peer.Transport.CloseAsync();

        async ValueTask<long> EndAsync(long timeoutNs)
        {
            var call = connection.Rent();
            Assert.That(await connection.CallAsync(call, timeoutNs + 1), Is.EqualTo(RpcStatus.TimedOut));
            connection.Return(call);
            return reactor.MonotonicNs;
        }
    });

    private static RpcCall NewCall(RpcConnection connection, byte operation, int payloadBytes, int targetBytes)
    {
        var buffers = Reactor.Current.Buffers;
        var call = connection.Rent();
        call.Operation = operation;
        if (payloadBytes > 0)
            call.Payload = buffers.Rent(payloadBytes).Slice(0, payloadBytes);
        if (targetBytes > 0)
            call.Target = buffers.Rent(targetBytes).Slice(0, targetBytes);
        call.Payload.Span.Fill(1);
        call.Target.Span.Fill(Untouched);
        return call;
    }

    private static void Release(BufferSlice slice)
    {
        if (slice.Length > 0)
            slice.Buffer.Release();
    }
}
