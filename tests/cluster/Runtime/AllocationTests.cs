using System.Runtime.CompilerServices;
using Uss.TestSupport;

namespace Uss.Runtime.Tests;

/// <summary>The reactor's own share of an I/O allocates nothing once its pools have grown.</summary>
public sealed class AllocationTests(string kind) : RealReactorContract(kind)
{
    private const int Operations = 100_000;
    private const int WarmUp = 2_000;

    // The runtime itself may allocate a little on any thread (tiered compilation, the thread pool's queues).
    private const long ToleranceBytes = 16_384;

    [Test]
    [Category("Full")]
    public Task Disk_operations_allocate_nothing() => Run(async reactor =>
    {
        using var folder = new TemporaryFolder();
        var disk = (await reactor.OpenDiskAsync(folder.File("disk"), new DiskOpenOptions(1 << 20))).Value!;
        const int depth = 16;
        var remaining = WarmUp;
        [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
        async ValueTask WorkAsync()
        {
            var buffer = reactor.Buffers.Rent(4096);
            while (remaining-- > 0)
            {
                var offset = reactor.Random.Next(256) * 4096L;
                var result = remaining % 10 == 0
                    ? await disk.WriteAsync(offset, buffer.Slice())
                    : await disk.ReadAsync(offset, buffer.Slice());
                if (!result.IsOk)
                    Assert.Fail(result.ToString());
            }

            buffer.Release();
        }

        var workers = new ValueTask[depth];
        var before = 0L;
        for (var round = 0; round < 2; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < depth; i++)
                workers[i] = WorkAsync();
            for (var i = 0; i < depth; i++)
                await workers[i];
            remaining = Operations;
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(ToleranceBytes));
        await disk.CloseAsync();
    });

    [Test]
    [Category("Full")]
    public Task Echoes_allocate_nothing() => Run(async reactor =>
    {
        var (client, server, listener) = await Connections.MakeAsync(reactor);
        var request = reactor.Buffers.Rent(4096);
        var reply = reactor.Buffers.Rent(4096);
        using var asked = new SendVector(2);
        using var answered = new SendVector(2);
        var before = 0L;
        for (var i = -WarmUp; i < Operations; i++)
        {
            if (i == 0)
                before = GC.GetAllocatedBytesForCurrentThread();
            asked.Add(request.Slice(0, 48));
            var sent = client.SendAsync(asked);
            var received = await server.ReceiveExactlyAsync(reply.Slice(0, 48));
            await sent;
            asked.Clear();
            answered.Add(reply.Slice(0, 48));
            answered.Add(reply.Slice(0, 4000));
            sent = server.SendAsync(answered);
            received = await client.ReceiveExactlyAsync(request.Slice(0, 4048));
            await sent;
            answered.Clear();
            if (received.Value != 4048)
                Assert.Fail(received.ToString());
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(ToleranceBytes));
        request.Release();
        reply.Release();
        await client.CloseAsync();
        await server.CloseAsync();
        await listener.CloseAsync();
    });

    [Test]
    public Task Delays_yields_and_posts_allocate_nothing() => Run(async reactor =>
    {
        var before = 0L;
        Action<object?> nothing = static _ => { };
        for (var i = -WarmUp; i < Operations; i++)
        {
            if (i == 0)
                before = GC.GetAllocatedBytesForCurrentThread();
            reactor.Post(nothing, null);
            reactor.AtEndOfTurn(nothing, null);
            await reactor.YieldAsync();
            if (i % 100 == 0)
                await reactor.DelayAsync(1);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(ToleranceBytes));
    });
}
