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
/// <param name="P999Us">99.9th percentile.</param>
/// <param name="MaximumUs">Longest.</param>
/// <param name="AllocatedBytes">Managed bytes allocated per operation on the reactor's thread.</param>
/// <param name="Checkpoints">Checkpoints written meanwhile; after writes a last one is driven, and its bytes count.</param>
/// <param name="During">Operations that were under way while a checkpoint was being written.</param>
/// <param name="DuringP999Us">Their 99.9th percentile.</param>
/// <param name="DuringMaximumUs">The longest of them: a stall that a checkpoint causes is not longer.</param>
/// <param name="ProcessorUs">Microseconds of the reactor's thread per operation.</param>
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
    double P999Us,
    double MaximumUs,
    double AllocatedBytes,
    long Checkpoints,
    long During,
    double DuringP999Us,
    double DuringMaximumUs,
    double ProcessorUs,
    long ResidentBytes,
    long StoreBytes)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name}: {Operations} in {Seconds:F2} s ({Operations / Seconds:F0}/s), {ProcessorUs:F1} us of the reactor each, "
        + $"written/data {WriteAmplification:F3}, flushes {Flushes}, "
        + $"p50 {P50Us:F0} us, p99 {P99Us:F0} us, p99.9 {P999Us:F0} us, max {MaximumUs:F0} us, {AllocatedBytes:F3} B/op managed, "
        + $"checkpoints {Checkpoints}: {During} during them, p99.9 {DuringP999Us:F0} us, max {DuringMaximumUs:F0} us, "
        + $"resident {ResidentBytes >> 20} MiB, store {StoreBytes >> 20} MiB");
}
