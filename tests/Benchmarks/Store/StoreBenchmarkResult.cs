using System.Globalization;

namespace Uss.Benchmarks.Store;

/// <summary>What one run over a store came to.</summary>
/// <param name="Name">What ran.</param>
/// <param name="Operations">Operations counted.</param>
/// <param name="Seconds">Time they took.</param>
/// <param name="WriteAmplification">Bytes written to the device per byte of data; 0 for reads.</param>
/// <param name="Flushes">Flushes sent to the device.</param>
/// <param name="P50Us">Median latency in microseconds.</param>
/// <param name="P99Us">99th percentile.</param>
/// <param name="MaximumUs">Longest: a checkpoint's stall would show here.</param>
/// <param name="AllocatedBytes">Managed bytes allocated per operation on the reactor's thread.</param>
/// <param name="Checkpoints">Checkpoints written meanwhile.</param>
/// <param name="ResidentBytes">Resident memory of the process at the end.</param>
/// <param name="StoreBytes">Memory that the store says it holds.</param>
public sealed record StoreBenchmarkResult(
    string Name,
    long Operations,
    double Seconds,
    double WriteAmplification,
    long Flushes,
    double P50Us,
    double P99Us,
    double MaximumUs,
    double AllocatedBytes,
    long Checkpoints,
    long ResidentBytes,
    long StoreBytes)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name}: {Operations} in {Seconds:F2} s ({Operations / Seconds:F0}/s), written/data {WriteAmplification:F3}, flushes {Flushes}, "
        + $"p50 {P50Us:F0} us, p99 {P99Us:F0} us, max {MaximumUs:F0} us, {AllocatedBytes:F3} B/op managed, checkpoints {Checkpoints}, "
        + $"resident {ResidentBytes >> 20} MiB, store {StoreBytes >> 20} MiB");
}
