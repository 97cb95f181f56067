using Uss.Runtime;

namespace Uss.Replication.Rpc.Tests;

public sealed class RpcLoadTests(string kind) : RpcContract(kind)
{
    private const int Workers = 24;

    private static readonly RpcOptions _encrypted = new() { Tls = TlsIdentity.Create(), HandshakeTimeoutMs = 20_000 };

    [Test]
    public Task Many_calls_of_mixed_sizes_go_both_ways([Values] bool isEncrypted) => Run(async reactor =>
    {
        var pair = await OpenAsync(reactor, isEncrypted);
        foreach (var worker in Start(pair, calls: 40))
            Assert.That(await worker, Is.EqualTo(40));
        Assert.That(pair.Dialer.RequestsUnderWay + pair.Acceptor.RequestsUnderWay, Is.Zero);
        await pair.CloseAsync();
    });

    [Test]
    public Task What_was_ready_in_one_turn_leaves_as_one_send() => Run(async reactor =>
    {
        var pair = await RpcPair.OpenAsync(reactor, new EchoService(), new EchoService());
        var calls = new List<ValueTask<int>>();
        for (var i = 0; i < 100; i++)
        {
            var call = pair.Dialer.Rent();
            call.Operation = EchoService.Echo;
            calls.Add(FinishAsync(pair.Dialer, call));
        }

        foreach (var call in calls)
            await call;
        Assert.That(pair.Dialer.Sends, Is.EqualTo(1));
        await pair.CloseAsync();

        static async ValueTask<int> FinishAsync(RpcConnection connection, RpcCall call)
        {
            Assert.That(await connection.CallAsync(call, 10 * SecondNs), Is.EqualTo(RpcStatus.Ok));
            connection.Return(call);
            return 1;
        }
    });

    [Test]
    public Task Calls_under_way_end_as_lost_when_the_connection_does(
        [Range(0, 9)] int round, [Values] bool isEncrypted) => Run(async reactor =>
    {
        var pair = await OpenAsync(reactor, isEncrypted);
        var workers = Start(pair, calls: 1_000_000);
        await reactor.DelayAsync((1 + (round * round)) * MillisecondNs / 3);
        var cut = round % 2 == 0 ? pair.Dialer : pair.Acceptor;
        if (round % 3 == 0)
            await cut.CloseAsync();
        else
            cut.Abort("cut by the test");
        foreach (var worker in workers)
            await worker;
        await pair.Dialer.WaitClosedAsync();
        await pair.Acceptor.WaitClosedAsync();
        Assert.That(pair.Dialer.IsOpen || pair.Acceptor.IsOpen, Is.False);
        await pair.CloseAsync();
    });

    [Test]
    public Task Handlers_may_outlive_the_connection() => Run(async reactor =>
    {
        var service = new EchoService();
        var pair = await RpcPair.OpenAsync(reactor, new EchoService(), service);
        var call = pair.Dialer.Rent();
        call.Operation = EchoService.Hold;
        call.Payload = reactor.Buffers.Rent(8192).Slice(0, 8192);
        call.Target = reactor.Buffers.Rent(8192).Slice(0, 8192);
        var calling = pair.Dialer.CallAsync(call, SecondNs);
        while (service.Held == 0)
            await reactor.DelayAsync(MillisecondNs);
        pair.Acceptor.Abort("cut by the test");
        await pair.Acceptor.WaitClosedAsync();
        Assert.That(await calling, Is.EqualTo(RpcStatus.Lost));
        call.Payload.Buffer.Release();
        call.Target.Buffer.Release();
        pair.Dialer.Return(call);
        var closing = pair.Acceptor.CloseAsync();
        Assert.That(closing.IsCompleted, Is.False);
        service.LetGo();
        await closing;
        await pair.CloseAsync();
    });

    private static ValueTask<RpcPair> OpenAsync(Reactor reactor, bool isEncrypted)
    {
        var options = isEncrypted ? _encrypted : RpcOptions.Default;
        return RpcPair.OpenAsync(reactor, new EchoService(), new EchoService(), options, options);
    }

    private static List<ValueTask<int>> Start(RpcPair pair, int calls)
    {
        var workers = new List<ValueTask<int>>();
        for (var i = 0; i < Workers; i++)
            workers.Add(RpcLoad.WorkAsync(i % 2 == 0 ? pair.Dialer : pair.Acceptor, (ulong)i, calls));
        return workers;
    }
}
