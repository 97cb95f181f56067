namespace Uss.Runtime.Simulated;

/// <summary>How a simulated disk is built.</summary>
public sealed record SimulatedDiskOptions
{
    /// <summary>Alignment of I/O in bytes: 512 or 4096. A power cut tears at 512 bytes all the same.</summary>
    public int SectorBytes { get; init; } = 512;

    /// <summary>True for a device with a volatile cache; false for one whose finished writes survive a power cut.</summary>
    public bool NeedsFlush { get; init; } = true;

    /// <summary>True for a sparse file on a host's file system.</summary>
    public bool IsFile { get; init; }

    /// <summary>Shortest time of a read, in nanoseconds; most take up to three times as long.</summary>
    public long ReadLatencyNs { get; init; } = 60_000;

    /// <summary>Shortest time of a write or discard, in nanoseconds; most take up to three times as long.</summary>
    public long WriteLatencyNs { get; init; } = 20_000;

    /// <summary>Shortest time of a flush, in nanoseconds; most take up to three times as long.</summary>
    public long FlushLatencyNs { get; init; } = 300_000;

    /// <summary>Share of operations that take up to <see cref="TailNs"/>.</summary>
    public double TailProbability { get; init; } = 0.01;

    /// <summary>Longest time of an operation, in nanoseconds.</summary>
    public long TailNs { get; init; } = 30_000_000;
}
