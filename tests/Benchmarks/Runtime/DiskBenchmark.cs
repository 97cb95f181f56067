using System.Diagnostics;
using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Runtime.Threaded;

namespace Uss.Benchmarks.Runtime;

/// <summary>Random direct reads or writes of a file or device through the reactor: the floor of the ladder.</summary>
public static class DiskBenchmark
{
    /// <summary>Parameters of <see cref="RunAsync"/>.</summary>
    /// <param name="Path">File or device. A file that does not exist is made and filled.</param>
    /// <param name="SizeBytes">How much of it is used; the size of a new file.</param>
    /// <param name="IsWrite">Writes instead of reads. Overwrites what is there.</param>
    /// <param name="BlockBytes">Bytes per operation.</param>
    /// <param name="Depth">Operations under way at a time.</param>
    /// <param name="Operations">Operations to measure.</param>
    public sealed record Parameters(
        string Path, long SizeBytes = 1L << 30, bool IsWrite = false, int BlockBytes = 4096, int Depth = 32, long Operations = 200_000);

    /// <summary>Measures on a reactor of the kind that <see cref="ReactorFactory"/> chooses.</summary>
    public static async Task<BenchmarkResult> RunAsync(Parameters parameters)
    {
        var reactor = ReactorFactory.Create(new ReactorOptions { Name = "bench", Seed = 1 }).Value.Reactor;
        reactor.Start();
        try
        {
            return await reactor.InvokeAsync(() => MeasureAsync(reactor, parameters));
        }
        finally
        {
            await reactor.StopAsync();
        }
    }

    private static async ValueTask<BenchmarkResult> MeasureAsync(ThreadedReactor reactor, Parameters parameters)
    {
        var opened = await reactor.OpenDiskAsync(parameters.Path, new DiskOpenOptions(parameters.SizeBytes));
        if (!opened.IsOk)
            throw new InvalidOperationException(opened.Fault.ToString());
        var disk = opened.Value;
        await FillAsync(reactor, disk, parameters.SizeBytes);
        await new Run(reactor, disk, parameters).GoAsync(parameters.Operations / 10);
        var run = new Run(reactor, disk, parameters);
        var result = await run.GoAsync(parameters.Operations);
        await disk.CloseAsync();
        return result;
    }

    // Blocks that were never written would be read without touching the device, and written with an allocation.
    private static async ValueTask FillAsync(ThreadedReactor reactor, IDisk disk, long sizeBytes)
    {
        const int chunkBytes = 1 << 20;
        var buffer = reactor.Buffers.Rent(chunkBytes);
        var last = await disk.ReadAsync(sizeBytes - chunkBytes, buffer.Slice(0, chunkBytes));
        var isFilled = last.IsOk && buffer.Slice().Span.ContainsAnyExcept((byte)0);
        reactor.Random.Fill(buffer.Slice().Span);
        for (long offset = 0; offset < sizeBytes && !isFilled; offset += chunkBytes)
            await disk.WriteAsync(offset, buffer.Slice(0, chunkBytes));
        await disk.FlushAsync();
        buffer.Release();
    }

    private sealed class Run(ThreadedReactor reactor, IDisk disk, Parameters parameters)
    {
        private ReactorMeter _meter = null!;
        private long _remaining;

        internal async ValueTask<BenchmarkResult> GoAsync(long operations)
        {
            _remaining = operations;
            var workers = new ValueTask[parameters.Depth];
            _meter = new ReactorMeter(reactor, operations);
            for (var i = 0; i < workers.Length; i++)
                workers[i] = WorkAsync();
            for (var i = 0; i < workers.Length; i++)
                await workers[i];
            return _meter.Finish(parameters.IsWrite ? "disk write" : "disk read", parameters.Depth, operations);
        }

        [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
        private async ValueTask WorkAsync()
        {
            var buffer = reactor.Buffers.Rent(parameters.BlockBytes);
            var slice = buffer.Slice(0, parameters.BlockBytes);
            var blocks = parameters.SizeBytes / parameters.BlockBytes;
            while (_remaining-- > 0)
            {
                var offset = reactor.Random.Next(blocks) * parameters.BlockBytes;
                var start = Stopwatch.GetTimestamp();
                var result = parameters.IsWrite ? await disk.WriteAsync(offset, slice) : await disk.ReadAsync(offset, slice);
                if (!result.IsOk)
                    throw new InvalidOperationException(result.ToString());
                _meter.Add(Stopwatch.GetTimestamp() - start);
            }

            buffer.Release();
        }
    }
}
