using System.Diagnostics;

namespace Uss.Benchmarks.Rig.Nfs;

/// <summary>What a load of this process costs a server and the client, from its making to <see cref="End"/>.</summary>
/// <param name="server">The process to charge.</param>
internal sealed class LoadMeter(int server)
{
    private readonly MeterReading _server = ProcessMeter.Read([server]);
    private readonly MeterReading _client = ProcessMeter.Read([Environment.ProcessId]);
    private readonly long _began = Stopwatch.GetTimestamp();

    /// <summary>The figures.</summary>
    /// <param name="latencies">Of each call, in ticks of the stopwatch.</param>
    /// <param name="operations">What the calls count for.</param>
    /// <param name="dataBytes">Data of an operation.</param>
    public FioResult End(List<long> latencies, long operations, int dataBytes)
    {
        var seconds = Stopwatch.GetElapsedTime(_began).TotalSeconds;
        var (after, client) = (ProcessMeter.Read([server]), ProcessMeter.Read([Environment.ProcessId]));
        latencies.Sort();
        return new FioResult(
            operations / seconds,
            operations * (double)dataBytes / seconds,
            Us(0.5),
            Us(0.99),
            Us(0.999),
            (after.ServerCpuUs - _server.ServerCpuUs) / (double)operations,
            (after.ServerKernelUs - _server.ServerKernelUs) / (double)operations,
            (client.ServerCpuUs - _client.ServerCpuUs) / (double)operations,
            (after.StealUs - _server.StealUs) / (seconds * 1e6) / Environment.ProcessorCount,
            (after.Flushes - _server.Flushes) / (double)operations,
            Us(1) / 1000);

        double Us(double share) =>
            latencies.Count == 0 ? 0 : latencies[Math.Min((int)(latencies.Count * share), latencies.Count - 1)] * 1e6 / Stopwatch.Frequency;
    }
}
