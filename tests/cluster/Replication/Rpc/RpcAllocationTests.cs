#if !DEBUG
using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Replication.Rpc.Tests;

/// <summary>Release builds only: in a debug build the compiler makes state machines classes, which are allocated.</summary>
[TestFixture("io_uring")]
[TestFixture("portable", Category = "Full")]
public sealed class RpcAllocationTests(string kind) : RpcContract(kind)
{
    private const int Operations = 40_000;
    private const int Workers = 32;

    // The runtime itself may allocate a little on any thread, and a timer is made now and then.
    private const long ToleranceBytes = 32_768;

    // Arrays for long details are made until there is one for each call that is under way at some moment, on both sides.
    private const long LongDetailTolerance = 2 * Workers * RpcLimits.DetailBytes;

    [Test]
    [Category("Full")]
    public Task Calls_allocate_nothing_on_either_side([Values(0, 4096, 65536)] int payloadBytes, [Values(0, 100, 9000)] int detailBytes) =>
        Run(async reactor =>
        {
            var pair = await RpcPair.OpenAsync(reactor, new EchoService(), new QuickService());
            var workers = new ValueTask[Workers];
            var remaining = Operations / 4;
            var before = 0L;
            var tolerance = ToleranceBytes + (detailBytes > RpcArrays.ShortDetails ? LongDetailTolerance : 0);
            var details = new byte[detailBytes];
            for (var round = 0; round < 2; round++)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
                for (var i = 0; i < Workers; i++)
                    workers[i] = WorkAsync(i);
                for (var i = 0; i < Workers; i++)
                    await workers[i];
                remaining = payloadBytes > 4096 ? Operations / 8 : Operations;
            }

            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(tolerance));
            await pair.CloseAsync();

            [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
            async ValueTask WorkAsync(int index)
            {
                while (remaining-- > 0)
                {
                    var isRead = (remaining + index) % 2 == 0;
                    var call = pair.Dialer.Rent();
                    call.Operation = isRead ? EchoService.Read : EchoService.Write;
                    call.Details = details;
                    var buffer = payloadBytes > 0 ? reactor.Buffers.Rent(payloadBytes) : null;
                    if (buffer is not null && isRead)
                        call.Target = buffer.Slice(0, payloadBytes);
                    else if (buffer is not null)
                        call.Payload = buffer.Slice(0, payloadBytes);
                    if (await pair.Dialer.CallAsync(call, 10 * SecondNs) != RpcStatus.Ok)
                        Assert.Fail("a call failed");
                    buffer?.Release();
                    pair.Dialer.Return(call);
                }
            }
        });

    private sealed class QuickService : IRpcService
    {
        [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
        public async ValueTask HandleAsync(RpcRequest request)
        {
            await Reactor.Current.YieldAsync();
            request.AnswerDetails = request.Details;
            if (request.AnswerPayloadLimit == 0)
                return;
            var buffer = Reactor.Current.Buffers.Rent(request.AnswerPayloadLimit);
            request.AnswerPayload = buffer.Slice(0, request.AnswerPayloadLimit);
            buffer.Release();
        }
    }
}
#endif
