using Uss.Runtime;
using Uss.Store;
using Uss.Volumes;
using Uss.WebUi.Contracts;

namespace Uss.Host.Serve;

/// <summary>Disks as the API shows them.</summary>
internal static class DiskViews
{
    /// <summary>Joins what the block layer knows of its disks with the names that commands use.</summary>
    public static IReadOnlyList<DiskView> Of(IReadOnlyList<DiskDescription> disks, IReadOnlyList<PlannedDisk> plan) =>
        [.. disks.Select(disk => Of(disk, plan.FirstOrDefault(planned => planned.Path == disk.Name)))];

    private static DiskView Of(DiskDescription disk, PlannedDisk? planned)
    {
        var readOnly = disk.Statistics?.ReadOnlyBecause;
        var problem = disk.Fault ?? readOnly ?? (disk.State == DiskState.Missing ? Missing(disk.Name) : null);
        return new DiskView
        {
            Name = planned?.Name ?? Path.GetFileNameWithoutExtension(disk.Name),
            Path = disk.Name,
            State = disk.State switch
            {
                DiskState.Online => readOnly is null ? "healthy" : "read-only",
                DiskState.Resyncing => "resyncing",
                DiskState.Missing => "missing",
                _ => "failed",
            },
            Problem = problem is null ? null : new ProblemItem(problem.Code, problem.Message, problem.Remedy),
            Id = disk.Id?.ToString(),
            SizeBytes = SizeOf(disk.Name),
            Figures = disk.Statistics is { } statistics ? Of(statistics) : null,
        };
    }

    private static Fault Missing(string path) => new(
        "disk-missing", $"Disk {path} is not there.", "Attach it again, or give its path with --disk, and restart the service.");

    private static DiskFigures Of(StoreStatistics statistics) => new()
    {
        DataBytes = statistics.DataBytes,
        UsedBytes = statistics.UsedBytes,
        Objects = statistics.Objects,
        MemoryBytes = statistics.MemoryBytes,
        BytesAccepted = statistics.BytesAccepted,
        BytesWritten = statistics.BytesWritten,
        Flushes = statistics.Flushes,
        DamagedBlocks = statistics.DamagedBlocks,
        Checkpoints = statistics.Checkpoints,
        LogBytes = statistics.LogBytes,
    };

    // 0 for what is gone, and for block devices, whose size the store knows.
    private static long SizeOf(string path)
    {
        try
        {
            return new FileInfo(path).Length;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
