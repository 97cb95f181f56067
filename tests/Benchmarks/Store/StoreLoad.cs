using System.Diagnostics;
using System.Runtime.CompilerServices;
using Uss.Benchmarks.Runtime;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Benchmarks.Store;

/// <summary>A closed loop of random operations on a store.</summary>
internal sealed class StoreLoad(Reactor reactor, ObjectStore store, StoreBenchmarkOptions options)
{
    private const long WarmUpDivisor = 10;

    private readonly SeededRandom _random = new(7);
    private readonly List<long> _during = [];
    private long[] _latencies = [];
    private long _left;
    private int _count;
    private ulong _version = store.HighestVersion;

    public async ValueTask<StoreBenchmarkResult> RunAsync(bool isWrite, long operations)
    {
        // Pools fill and methods are compiled in the first part, which only the allocation count leaves out.
        _latencies = new long[operations];
        _during.EnsureCapacity((int)operations);
        var before = store.Statistics;
        var processorUs = ReactorMeter.ThreadProcessorUs();
        var start = Stopwatch.GetTimestamp();
        await RunPartAsync(isWrite, operations / WarmUpDivisor);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        await RunPartAsync(isWrite, operations - (operations / WarmUpDivisor));
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        // Writes pay for the maps that they changed, also for those that no checkpoint has written yet.
        if (isWrite)
            await store.CheckpointAsync();
        processorUs = ReactorMeter.ThreadProcessorUs() - processorUs;
        var after = store.Statistics;
        var all = _latencies.AsSpan(0, _count);
        var during = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_during);
        all.Sort();
        during.Sort();
        var accepted = after.BytesAccepted - before.BytesAccepted;
        return new StoreBenchmarkResult(
            $"{(isWrite ? "durable random write" : "random read")} {options.OperationBytes} depth {options.Depth}",
            operations,
            seconds,
            accepted == 0 ? 0 : (double)(after.BytesWritten - before.BytesWritten) / accepted,
            after.Flushes - before.Flushes,
            At(all, 0.5),
            At(all, 0.99),
            At(all, 0.999),
            At(all, 1),
            (double)allocated / operations,
            after.Checkpoints - before.Checkpoints,
            during.Length,
            At(during, 0.999),
            At(during, 1),
            processorUs / operations,
            Process.GetCurrentProcess().WorkingSet64,
            after.MemoryBytes);
    }

    private static double At(ReadOnlySpan<long> sorted, double fraction) =>
        sorted.IsEmpty ? 0 : sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * fraction)] / 1000.0;

    private async ValueTask RunPartAsync(bool isWrite, long operations)
    {
        _left = operations;
        var workers = new Task[options.Depth];
        for (var i = 0; i < workers.Length; i++)
            workers[i] = WorkAsync(isWrite).AsTask();
        foreach (var worker in workers)
            await worker;
    }

    private async ValueTask WorkAsync(bool isWrite)
    {
        var buffer = reactor.Buffers.Rent(options.OperationBytes);
        var slice = buffer.Slice(0, options.OperationBytes);
        _random.Fill(slice.Span);
        while (_left-- > 0)
        {
            var isDuring = store.IsCheckpointing;
            var checkpoints = store.Core.Checkpoints;
            var start = Stopwatch.GetTimestamp();
            var result = await OnceAsync(isWrite, slice);
            if (!result.IsOk)
                throw new InvalidOperationException($"{result.Status}: {store.Statistics.ReadOnlyBecause}");
            var latency = (long)Stopwatch.GetElapsedTime(start).TotalNanoseconds;
            _latencies[_count++] = latency;
            if (isDuring || store.IsCheckpointing || store.Core.Checkpoints != checkpoints)
                _during.Add(latency);
        }

        buffer.Release();
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<StoreResult> OnceAsync(bool isWrite, BufferSlice slice)
    {
        var place = _random.Next(options.SpaceBytes / options.OperationBytes) * options.OperationBytes;
        var id = new ObjectId(1, (uint)(place / StoreUnits.ObjectBytes));
        var block = (int)(place % StoreUnits.ObjectBytes / StoreUnits.BlockBytes);
        return isWrite
            ? await store.WriteAsync(new StoreWrite { Id = id, FirstBlock = block, Source = slice, Version = ++_version })
            : await store.ReadAsync(id, block, slice);
    }
}
