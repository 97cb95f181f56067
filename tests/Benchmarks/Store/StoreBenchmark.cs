using System.Diagnostics;
using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Runtime.Threaded;
using Uss.Store;

namespace Uss.Benchmarks.Store;

/// <summary>Random durable writes, reads and recovery of one store on a sparse file.</summary>
public static class StoreBenchmark
{
    private const string Usage =
        "usage: uss bench store [--path FILE] [--disk-gib N] [--space-gib N] [--block BYTES] [--writes N] [--reads N] [--depth N] "
        + "[--recovery]";

    /// <summary>Runs the benchmark of a command line.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (StoreBenchmarkOptions.Parse(arguments) is not { } options)
        {
            await Console.Error.WriteLineAsync(Usage);
            return BenchmarkProgram.BadUsage;
        }

        await foreach (var result in RunAsync(options))
            Console.WriteLine(result);
        return 0;
    }

    /// <summary>Runs: format, writes, reads, and the open after a death if asked for.</summary>
    public static async IAsyncEnumerable<StoreBenchmarkResult> RunAsync(StoreBenchmarkOptions options)
    {
        using (var file = File.Create(options.Path))
            file.SetLength(options.DiskBytes);
        try
        {
            var reactor = Start();
            await Need(reactor.InvokeAsync(() => ObjectStore.FormatAsync(reactor, options.Path, new StoreFormatOptions())));
            var store = await Need(reactor.InvokeAsync(() => ObjectStore.OpenAsync(reactor, options.Path, StoreOptions.Default)));
            yield return await reactor.InvokeAsync(() => new Load(reactor, store, options).RunAsync(isWrite: true, options.Writes));
            if (options.Reads > 0)
                yield return await reactor.InvokeAsync(() => new Load(reactor, store, options).RunAsync(isWrite: false, options.Reads));
            if (options.WithRecovery)
            {
                // Nothing is closed: the log stays as long as it is. Stopping the reactor unlocks the file.
                var logBytes = store.Statistics.LogBytes;
                await reactor.StopAsync();
                reactor = Start();
                yield return await RecoverAsync(reactor, options, logBytes);
            }
            else
            {
                await reactor.InvokeAsync(() => CloseAsync(store));
            }

            await reactor.StopAsync();
        }
        finally
        {
            File.Delete(options.Path);
        }
    }

    private static async Task<StoreBenchmarkResult> RecoverAsync(ThreadedReactor reactor, StoreBenchmarkOptions options, long logBytes)
    {
        var start = Stopwatch.GetTimestamp();
        var processor = Process.GetCurrentProcess().TotalProcessorTime;
        var store = await Need(reactor.InvokeAsync(() => ObjectStore.OpenAsync(reactor, options.Path, StoreOptions.Default)));
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var resident = Process.GetCurrentProcess().WorkingSet64;
        processor = Process.GetCurrentProcess().TotalProcessorTime - processor;
        var held = store.Statistics.MemoryBytes;
        await reactor.InvokeAsync(() => CloseAsync(store));
        var name = $"recovery of a log of {logBytes >> 20} MiB ({processor.TotalSeconds:F2} s of processor time)";
        return new StoreBenchmarkResult(name, 1, seconds, 0, 0, 0, 0, 0, 0, 0, resident, held);
    }

    private static ThreadedReactor Start()
    {
        var choice = ReactorFactory.Create(new ReactorOptions { Seed = 1 });
        if (!choice.IsOk)
            throw new InvalidOperationException(choice.Fault.ToString());
        choice.Value.Reactor.Start();
        return choice.Value.Reactor;
    }

    private static async ValueTask<bool> CloseAsync(ObjectStore store)
    {
        await store.CloseAsync();
        return true;
    }

    private static async Task<T> Need<T>(Task<Result<T>> result)
    {
        var value = await result;
        return value.IsOk ? value.Value : throw new InvalidOperationException(value.Fault.ToString());
    }

    /// <summary>A closed loop of random operations.</summary>
    private sealed class Load(Reactor reactor, ObjectStore store, StoreBenchmarkOptions options)
    {
        private const long WarmUpDivisor = 10;

        private readonly SeededRandom _random = new(7);
        private long[] _latencies = [];
        private long _left;
        private int _count;
        private ulong _version = store.HighestVersion;

        public async ValueTask<StoreBenchmarkResult> RunAsync(bool isWrite, long operations)
        {
            // Pools fill and methods are compiled in the first part, which only the allocation count leaves out.
            _latencies = new long[operations];
            var before = store.Statistics;
            var start = Stopwatch.GetTimestamp();
            await RunPartAsync(isWrite, operations / WarmUpDivisor);
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            await RunPartAsync(isWrite, operations - (operations / WarmUpDivisor));
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            var after = store.Statistics;
            Array.Sort(_latencies, 0, _count);
            var accepted = after.BytesAccepted - before.BytesAccepted;
            return new StoreBenchmarkResult(
                $"{(isWrite ? "durable random write" : "random read")} {options.OperationBytes} depth {options.Depth}",
                operations,
                seconds,
                accepted == 0 ? 0 : (double)(after.BytesWritten - before.BytesWritten) / accepted,
                after.Flushes - before.Flushes,
                At(0.5),
                At(0.99),
                At(1),
                (double)allocated / operations,
                after.Checkpoints - before.Checkpoints,
                Process.GetCurrentProcess().WorkingSet64,
                after.MemoryBytes);
        }

        private double At(double fraction) => _count == 0 ? 0 : _latencies[(int)Math.Min(_count - 1, _count * fraction)] / 1000.0;

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
                var start = Stopwatch.GetTimestamp();
                var result = await OnceAsync(isWrite, slice);
                if (!result.IsOk)
                    throw new InvalidOperationException($"{result.Status}: {store.Statistics.ReadOnlyBecause}");
                _latencies[_count++] = (long)Stopwatch.GetElapsedTime(start).TotalNanoseconds;
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
}
