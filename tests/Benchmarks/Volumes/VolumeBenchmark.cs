using System.Diagnostics;
using System.Runtime.CompilerServices;
using Uss.Benchmarks.Rig;
using Uss.Benchmarks.Runtime;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.Benchmarks.Volumes;

/// <summary><c>uss bench volumes</c>: rung 3 of the ladder, the block layer on one node without any protocol.</summary>
internal static class VolumeBenchmark
{
    // More than any device here does; only sizes the list of latencies.
    private const int MostPerSecond = 300_000;

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (RigOptions.Parse("volumes", arguments, VolumeCase.All.Select(one => one.Key)) is not { } options)
            return BenchmarkProgram.BadUsage;
        try
        {
            var cases = VolumeCase.All.Where(one => options.Cases.Count == 0 || options.Cases.Contains(one.Key)).ToList();
            var rows = new List<string[]>();
            foreach (var copies in (int[])[1, 2])
            {
                var rig = await VolumeRig.StartAsync(options.Folder, copies);
                foreach (var one in cases)
                {
                    rows.Add(Row(copies, one, await rig.Reactor.InvokeAsync(() => MeasureAsync(rig, one, options.Seconds))));
                    await Console.Error.WriteLineAsync(string.Join(" | ", rows[^1]));
                }

                await rig.StopAsync();
            }

            var text = Report.Table(
                ["", "copies", "op/s", "MiB/s", "CPU us/op", "of it kernel", "p50 us", "p99 us", "p99.9 us", "B/op"], rows)
                + "\n" + Report.Host("./uss bench volumes") + ".\n";
            Console.WriteLine(text);
            if (options.UpdatesReadme)
                Report.UpdateReadme("volumes", text);
            return 0;
        }
        catch (BenchmarkException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
    }

    private static string[] Row(int copies, VolumeCase one, BenchmarkResult result) =>
    [
        one.Title,
        Report.Figure(copies, 0),
        Report.Figure(result.PerSecond, 0),
        Report.Figure(result.PerSecond * one.Bytes / (1 << 20), 0),
        Report.Figure(result.UserUs + result.SystemUs, 1),
        Report.Figure(result.SystemUs, 1),
        Report.Figure(result.MedianUs, 0),
        Report.Figure(result.P99Us, 0),
        Report.Figure(result.P999Us, 0),
        Report.Figure(result.AllocatedBytes, 2),
    ];

    private static async ValueTask<BenchmarkResult> MeasureAsync(VolumeRig rig, VolumeCase one, int seconds)
    {
        // Pools fill and methods are compiled in a first part that does not count.
        await new Run(rig, one).GoAsync(Math.Max(1, seconds / 4));
        return await new Run(rig, one).GoAsync(seconds);
    }

    private sealed class Run(VolumeRig rig, VolumeCase one)
    {
        private ReactorMeter _meter = null!;
        private long _deadline;
        private long _count;
        private long _limit;
        private long _next;

        public async ValueTask<BenchmarkResult> GoAsync(int seconds)
        {
            _limit = (long)seconds * MostPerSecond;
            var workers = new ValueTask[one.Depth];
            _meter = new ReactorMeter(rig.Reactor, _limit);
            _deadline = Stopwatch.GetTimestamp() + (seconds * Stopwatch.Frequency);
            for (var i = 0; i < workers.Length; i++)
                workers[i] = WorkAsync();
            for (var i = 0; i < workers.Length; i++)
                await workers[i];
            return _meter.Finish(one.Title, one.Depth, _count);
        }

        [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
        private async ValueTask WorkAsync()
        {
            var buffer = rig.Reactor.Buffers.Rent(one.Bytes);
            var slice = buffer.Slice(0, one.Bytes);
            rig.Reactor.Random.Fill(slice.Span);
            while (Stopwatch.GetTimestamp() is var start && start < _deadline && _count < _limit)
            {
                _count++;
                var result = await OnceAsync(slice);
                if (!result.IsOk)
                    throw new InvalidOperationException(result.ToString());
                _meter.Add((long)Stopwatch.GetElapsedTime(start).TotalNanoseconds);
            }

            buffer.Release();
        }

        private ValueTask<VolumeResult> OnceAsync(BufferSlice slice)
        {
            var places = rig.Volume.SizeBytes / one.Bytes;
            var offset = (one.IsSequential ? _next++ % places : rig.Reactor.Random.Next(places)) * one.Bytes;
            return one.IsWrite ? rig.Volume.WriteAsync(offset, slice) : rig.Volume.ReadAsync(offset, slice);
        }
    }
}
