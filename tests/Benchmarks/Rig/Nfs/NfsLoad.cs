using System.Diagnostics;

namespace Uss.Benchmarks.Rig.Nfs;

/// <summary>Keeps calls under way and measures them.</summary>
/// <param name="stream">The connection.</param>
/// <param name="server">The process to charge.</param>
internal sealed class NfsLoad(RpcStream stream, int server)
{
    private readonly long[] _began = new long[RpcStream.MaximumSlots];

    /// <summary>Makes so many calls.</summary>
    public FioResult Run(NfsCall call, int depth, int count) => Run(call, depth, count, long.MaxValue);

    /// <summary>Makes calls for a time.</summary>
    public FioResult RunFor(NfsCall call, int depth, TimeSpan time) =>
        Run(call, depth, int.MaxValue, Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency));

    /// <summary>Makes calls whose arguments come from the answer before, one at a time, and counts what each brings.</summary>
    /// <param name="next">Makes one and says how many operations it counts for; null: there is no further one.</param>
    public FioResult RunInTurn(Func<int?> next)
    {
        var meter = new LoadMeter(server);
        var latencies = new List<long>();
        var operations = 0L;
        for (var began = Stopwatch.GetTimestamp(); next() is { } count; began = Stopwatch.GetTimestamp())
        {
            latencies.Add(Stopwatch.GetTimestamp() - began);
            operations += count;
        }

        return meter.End(latencies, operations, 0);
    }

    private FioResult Run(NfsCall call, int depth, int count, long until)
    {
        var meter = new LoadMeter(server);
        var latencies = new List<long>(count == int.MaxValue ? 1 << 16 : count);
        var made = 0;
        for (; made < Math.Min(depth, count); made++)
            Add(call, made, made);
        for (var answered = 0; answered < made; answered++)
        {
            stream.Receive(out var slot);
            var now = Stopwatch.GetTimestamp();
            latencies.Add(now - _began[slot]);
            if (made < count && now < until)
                Add(call, made++, slot);
        }

        return meter.End(latencies, made, call.DataBytes);
    }

    private void Add(NfsCall call, int number, int slot)
    {
        _began[slot] = Stopwatch.GetTimestamp();
        stream.Add(call, number, slot);
    }
}
