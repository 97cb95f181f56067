using Uss.Runtime;

namespace Uss.Store.Tests;

public sealed class AllocationTests
{
    private const int Operations = 10_000;
    private const int Workers = 8;

    // A log that needs no checkpoint meanwhile: those allocate a little, once in thousands of operations.
    private static readonly StoreFormatOptions _format = new() { LogBytes = 32 << 20, MapBytes = 2 << 20 };

    // In a debug build the compiler makes state machines classes, which are allocated: nothing to test there.
#if !DEBUG
    [Test]
#endif
    [Category("Full")]
    public async Task Reads_and_writes_allocate_nothing_in_the_steady_state()
    {
        var path = Path.Combine(Path.GetTempPath(), $"uss-allocation-{Environment.ProcessId}.disk");
        await using (var file = File.Create(path))
            file.SetLength(64 << 20);
        var reactor = ReactorFactory.Create(new ReactorOptions { Seed = 1 }).Value!.Reactor;
        reactor.Start();
        try
        {
            var formatted = await reactor.InvokeAsync(() => ObjectStore.FormatAsync(reactor, path, _format));
            Assert.That(formatted.Fault, Is.Null);
            var store = (await reactor.InvokeAsync(() => ObjectStore.OpenAsync(reactor, path, StoreOptions.Default))).Value!;
            var allocated = await reactor.InvokeAsync(() => MeasureAsync(reactor, store));

            // What is left are the tasks of the workers and a timer now and then, not the operations.
            Assert.That(allocated / (double)Operations, Is.LessThan(4));
            await reactor.InvokeAsync(async () =>
            {
                await store.CloseAsync();
                return true;
            });
            Assert.That(reactor.Buffers.RentedBuffers, Is.Zero);
        }
        finally
        {
            await reactor.StopAsync();
            File.Delete(path);
        }
    }

    private static async ValueTask<long> MeasureAsync(Reactor reactor, ObjectStore store)
    {
        await RunAsync(reactor, store, Operations);
        var before = GC.GetAllocatedBytesForCurrentThread();
        await RunAsync(reactor, store, Operations);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static async ValueTask RunAsync(Reactor reactor, ObjectStore store, int operations)
    {
        var left = new int[] { operations };
        var workers = new Task[Workers];
        for (var i = 0; i < workers.Length; i++)
            workers[i] = WorkAsync(reactor, store, left).AsTask();
        foreach (var worker in workers)
            await worker;
    }

    private static async ValueTask WorkAsync(Reactor reactor, ObjectStore store, int[] left)
    {
        var buffer = reactor.Buffers.Rent(4096);
        var slice = buffer.Slice(0, 4096);
        Stamp.Fill(slice.Span, 1, 1);
        while (left[0]-- > 0)
        {
            var id = new ObjectId(1, (uint)reactor.Random.Next(4));
            var block = reactor.Random.Next(200);
            var result = reactor.Random.Chance(0.5)
                ? await store.WriteAsync(new StoreWrite { Id = id, FirstBlock = block, Source = slice, Version = 1 })
                : await store.ReadAsync(id, block, slice);
            Invariant.Check(result.IsOk);
        }

        buffer.Release();
    }
}
