namespace Uss.Benchmarks.Volumes;

/// <summary>A workload on a volume.</summary>
/// <param name="Key">Name for the command line.</param>
/// <param name="Title">Name for tables.</param>
/// <param name="IsWrite">Writes instead of reads.</param>
/// <param name="IsSequential">One place after the other instead of random ones.</param>
/// <param name="Bytes">Bytes of each operation.</param>
/// <param name="Depth">Operations under way at a time.</param>
internal sealed record VolumeCase(string Key, string Title, bool IsWrite, bool IsSequential, int Bytes, int Depth)
{
    /// <summary>All, in the order of the table.</summary>
    public static IReadOnlyList<VolumeCase> All { get; } =
    [
        new("read-1", "4 KiB random read, depth 1", false, false, 4 << 10, 1),
        new("read-32", "4 KiB random read, depth 32", false, false, 4 << 10, 32),
        new("write-1", "4 KiB random write, depth 1", true, false, 4 << 10, 1),
        new("write-32", "4 KiB random write, depth 32", true, false, 4 << 10, 32),
        new("read-64k", "64 KiB random read, depth 8", false, false, 64 << 10, 8),
        new("write-64k", "64 KiB random write, depth 8", true, false, 64 << 10, 8),
        new("read-1m", "1 MiB sequential read, depth 8", false, true, 1 << 20, 8),
        new("write-1m", "1 MiB sequential write, depth 8", true, true, 1 << 20, 8),
    ];
}
