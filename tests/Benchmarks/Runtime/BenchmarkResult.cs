using System.Globalization;

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
    public static string Heading =>
        $"{"",-28} {"depth",5} {"op/s",9} {"user us",8} {"sys us",8} {"all us",8} {"p50 us",8} {"p99 us",8} {"p99.9",8} {"B/op",6} {"turns",6}";

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name,-28} {Depth,5} {PerSecond,9:F0} {UserUs,8:F2} {SystemUs,8:F2} {ProcessUs,8:F2} {MedianUs,8:F1} {P99Us,8:F1} {P999Us,8:F1} {AllocatedBytes,6:F2} {TurnsPerOperation,6:F3}");
}
