using System.Globalization;
using System.Text;

namespace Uss.Benchmarks.Runtime;

/// <summary>What one measurement of the reactor came to.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Depth">Operations under way at a time.</param>
/// <param name="Operations">Operations counted.</param>
/// <param name="Seconds">Time they took.</param>
/// <param name="UserUs">Microseconds of the measured reactor's thread in user mode, per operation.</param>
/// <param name="SystemUs">Microseconds of the measured reactor's thread in the kernel, per operation.</param>
/// <param name="ProcessUs">
/// Microseconds of the whole process per operation: kernel workers of io_uring, but also load generators of the same process.
/// </param>
/// <param name="MedianUs">Latency: median, in microseconds.</param>
/// <param name="P99Us">Latency: 99th percentile.</param>
/// <param name="P999Us">Latency: 99.9th percentile.</param>
/// <param name="AllocatedBytes">Managed bytes allocated on the measured reactor's thread, per operation.</param>
/// <param name="TurnsPerOperation">Turns of the loop (system calls) per operation.</param>
public sealed record BenchmarkResult(
    string Name,
    int Depth,
    long Operations,
    double Seconds,
    double UserUs,
    double SystemUs,
    double ProcessUs,
    double MedianUs,
    double P99Us,
    double P999Us,
    double AllocatedBytes,
    double TurnsPerOperation)
{
    /// <summary>Operations per second.</summary>
    public double PerSecond => Operations / Seconds;

    /// <summary>Heading of the table whose rows are <see cref="ToString"/>.</summary>
    public static string Heading => Row(
        "", "depth", "op/s", "user us", "sys us", "all us", "p50 us", "p99 us", "p99.9", "B/op", "turns");

    /// <inheritdoc/>
    public override string ToString() => Row(
        Name,
        Depth.ToString(CultureInfo.InvariantCulture),
        Number(PerSecond, "F0"),
        Number(UserUs, "F2"),
        Number(SystemUs, "F2"),
        Number(ProcessUs, "F2"),
        Number(MedianUs, "F1"),
        Number(P99Us, "F1"),
        Number(P999Us, "F1"),
        Number(AllocatedBytes, "F2"),
        Number(TurnsPerOperation, "F3"));

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Row(string name, string depth, string perSecond, params ReadOnlySpan<string> columns)
    {
        var row = new StringBuilder($"{name,-12} {depth,5} {perSecond,9}");
        foreach (var column in columns)
            row.Append(' ').Append(column.PadLeft(8));
        return row.ToString();
    }
}
