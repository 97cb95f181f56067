using System.Diagnostics;
using System.Runtime.InteropServices;
using Uss.Runtime;
using Uss.Runtime.Threaded;

namespace Uss.Benchmarks.Runtime;

/// <summary>Counts time, processor time, allocations and latencies of one measurement; used on the measured reactor's thread.</summary>
internal sealed unsafe partial class ReactorMeter
{
    private readonly ThreadedReactor _reactor;
    private readonly long[] _latencies;
    private readonly long _startTimestamp;
    private readonly long _startAllocated;
    private readonly long _startTurns;
    private readonly Usage _startThread;
    private readonly Usage _startProcess;
    private int _count;

    internal ReactorMeter(Reactor reactor, long operations)
    {
        _reactor = (ThreadedReactor)reactor;
        _latencies = new long[operations];
        Array.Fill(_latencies, 1);
        GC.Collect();
        _startAllocated = GC.GetAllocatedBytesForCurrentThread();
        _startTurns = _reactor.Turns;
        _startProcess = Usage.OfProcess();
        _startThread = Usage.OfThread();
        _startTimestamp = Stopwatch.GetTimestamp();
    }

    /// <summary>Processor time of this thread so far, in microseconds.</summary>
    internal static double ThreadProcessorUs()
    {
        var usage = Usage.OfThread();
        return usage.UserUs + usage.SystemUs;
    }

    internal void Add(long latencyNs) => _latencies[_count++] = latencyNs;

    internal BenchmarkResult Finish(string name, int depth, long operations)
    {
        var seconds = Stopwatch.GetElapsedTime(_startTimestamp).TotalSeconds;
        var thread = Usage.OfThread();
        var process = Usage.OfProcess();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - _startAllocated;
        var turns = _reactor.Turns - _startTurns;
        var latencies = _latencies.AsSpan(0, _count);
        latencies.Sort();
        return new BenchmarkResult(
            name,
            depth,
            operations,
            seconds,
            (thread.UserUs - _startThread.UserUs) / operations,
            (thread.SystemUs - _startThread.SystemUs) / operations,
            (process.UserUs + process.SystemUs - _startProcess.UserUs - _startProcess.SystemUs) / operations,
            At(latencies, 0.5),
            At(latencies, 0.99),
            At(latencies, 0.999),
            (double)allocated / operations,
            (double)turns / operations);
    }

    private static double At(ReadOnlySpan<long> sorted, double fraction) =>
        sorted.IsEmpty ? 0 : sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * fraction)] / 1000.0;

    /// <summary>Processor time, from getrusage(2).</summary>
    private readonly partial record struct Usage(double UserUs, double SystemUs)
    {
        private const int Process = 0;
        private const int Thread = 1;

        internal static Usage OfThread() => Of(Thread);

        internal static Usage OfProcess() => Of(Process);

        private static Usage Of(int who)
        {
            // struct rusage: two struct timeval, then 14 counters.
            var usage = stackalloc long[18];
            _ = GetUsage(who, usage);
            return new Usage((usage[0] * 1e6) + usage[1], (usage[2] * 1e6) + usage[3]);
        }

        [LibraryImport("libc", EntryPoint = "getrusage")]
        private static partial int GetUsage(int who, long* usage);
    }
}
