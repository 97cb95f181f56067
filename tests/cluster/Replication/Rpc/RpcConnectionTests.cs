using Uss.Runtime;

namespace Uss.Replication.Rpc.Tests;

public sealed class RpcConnectionTests(string kind) : RpcContract(kind)
{
    [Test]
    public Task Both_ends_know_each_other() => Run(async reactor =>
    {
        var pair = await RpcPair.OpenAsync(reactor, new EchoService(), new EchoService());
        Assert.That(pair.Dialer.Peer, Is.EqualTo(new RpcPeer("b", 7, 2)));
        Assert.That(pair.Acceptor.Peer, Is.EqualTo(new RpcPeer("a", 3, 2)));
        Assert.That(pair.Dialer.IsOpen && pair.Acceptor.IsOpen);
        await pair.CloseAsync();
        Assert.That(pair.Dialer.IsOpen || pair.Acceptor.IsOpen, Is.False);
        Assert.That(pair.Dialer.EndReason, Is.EqualTo("closed by this node"));
    });

    [Test]
    public Task A_call_carries_all_its_parts_both_ways([Values(0, 4096, 65536, 4 << 20)] int payloadBytes, [Values] bool isDialer) =>
        Run(async reactor =>
        {
            var pair = await RpcPair.OpenAsync(reactor, new EchoService(), new EchoService());
            var connection = isDialer ? pair.Dialer : pair.Acceptor;
            var source = new byte[payloadBytes];
            reactor.Random.Fill(source);
            var details = new byte[payloadBytes >> 6];
            reactor.Random.Fill(details);
            var call = connection.Rent();
            call.Operation = EchoService.Echo;
            call.Arguments = RpcArguments.From((1UL, 2UL, 3));
            call.Details = details;
            if (payloadBytes > 0)
            {
                call.Payload = reactor.Buffers.Rent(payloadBytes).Slice(0, payloadBytes);
                call.Target = reactor.Buffers.Rent(payloadBytes).Slice(0, payloadBytes);
                source.CopyTo(call.Payload.Span);
            }

            Assert.That(await connection.CallAsync(call, 10 * SecondNs), Is.EqualTo(RpcStatus.Ok));
            Assert.That(call.Answer.To<(ulong, ulong, int)>(), Is.EqualTo((1UL, 2UL, 3)));
            Assert.That(call.AnswerDetails.Span.SequenceEqual(details));
            Assert.That(call.AnswerPayloadBytes, Is.EqualTo(payloadBytes));
            Assert.That(call.Target.Span.SequenceEqual(source));
            Assert.That(call.AnswerChecksums.Length, Is.EqualTo(payloadBytes / 4096));
            for (var i = 0; i < call.AnswerChecksums.Length; i++)
                Assert.That(call.AnswerChecksums.Span[i], Is.EqualTo(Crc32C.Compute(source.AsSpan(i * 4096, 4096))));
            if (payloadBytes > 0)
            {
                call.Payload.Buffer.Release();
                call.Target.Buffer.Release();
            }

            connection.Return(call);
            await pair.CloseAsync();
        });

    [Test]
    public Task The_service_s_statuses_arrive() => Run(async reactor =>
    {
        var pair = await RpcPair.OpenAsync(reactor, new EchoService(), new EchoService());
        (byte, RpcStatus)[] cases = [(EchoService.Refuse, RpcStatus.FirstOfService), (99, RpcStatus.UnknownOperation)];
        foreach (var (operation, status) in cases)
        {
            var call = pair.Dialer.Rent();
            call.Operation = operation;
            Assert.That(await pair.Dialer.CallAsync(call, SecondNs), Is.EqualTo(status));
            pair.Dialer.Return(call);
        }

        await pair.CloseAsync();
    });

    [Test]
    public Task A_closed_connection_ends_calls_as_lost() => Run(async reactor =>
    {
        var pair = await RpcPair.OpenAsync(reactor, new EchoService(), new EchoService());
        await pair.Acceptor.CloseAsync();
        await pair.Dialer.WaitClosedAsync();
        Assert.That(pair.Dialer.IsOpen, Is.False);
        var call = pair.Dialer.Rent();
        Assert.That(await pair.Dialer.CallAsync(call, SecondNs), Is.EqualTo(RpcStatus.Lost));
        pair.Dialer.Return(call);
        await pair.CloseAsync();
    });

    [Test]
    public Task Answers_that_are_queued_leave_before_the_connection_closes() => Run(async reactor =>
    {
        var service = new EchoService();
        var pair = await RpcPair.OpenAsync(reactor, new EchoService(), service);
        var call = pair.Dialer.Rent();
        call.Operation = EchoService.Hold;
        var calling = pair.Dialer.CallAsync(call, 60 * SecondNs);
        while (service.Held == 0)
            await reactor.DelayAsync(MillisecondNs);
        service.LetGo();
        var first = pair.Acceptor.CloseAsync();
        var second = pair.Acceptor.CloseAsync();
        await first;
        await second;

        // In simulation a close may overtake what was sent, as a reset does.
        var status = await calling;
        Assert.That(status == RpcStatus.Ok || (IsSimulated && status == RpcStatus.Lost), status.ToString());
        pair.Dialer.Return(call);
        await pair.CloseAsync();
    });
}
