using System.Diagnostics;
using Uss.Runtime;
using Uss.Runtime.Threaded;
using Uss.Store;

namespace Uss.Benchmarks.Store;

/// <summary>Random durable writes, reads and recovery of one store on a sparse file.</summary>
public static class StoreBenchmark
{
    private const string Usage =
        "usage: uss bench store [--path FILE] [--disk-gib N] [--space-gib N] [--block BYTES] [--writes N] [--reads N] [--depth N] "
        + "[--log-mib N] [--recovery]\n       uss bench store --bars [--quick] [--readme] [--check] [--folder DIR]";

    /// <summary>Runs the benchmark of a command line.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is ["--bars", .. var rest])
            return await StoreBars.RunAsync(rest);
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
            var format = new StoreFormatOptions { LogBytes = options.LogBytes };
            await Need(reactor.InvokeAsync(() => ObjectStore.FormatAsync(reactor, options.Path, format)));
            var store = await Need(reactor.InvokeAsync(() => ObjectStore.OpenAsync(reactor, options.Path, StoreOptions.Default)));
            yield return await reactor.InvokeAsync(() => new StoreLoad(reactor, store, options).RunAsync(isWrite: true, options.Writes));
            if (options.Reads > 0)
            {
                var load = new StoreLoad(reactor, store, options);
                yield return await reactor.InvokeAsync(() => load.RunAsync(isWrite: false, options.Reads));
            }

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
        return new StoreBenchmarkResult(name, 1, seconds, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, processor.TotalMicroseconds, resident, held);
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
}
