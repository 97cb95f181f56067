using Uss.Runtime;
using Uss.Store;
using Uss.Volumes;
using Uss.WebUi.Contracts;

namespace Uss.Host.Serve;

/// <summary>Disks as the API shows them.</summary>
internal static class DiskViews
{
    /// <summary>Joins what the block layer knows of its disks with the names that commands use. On the reactor.</summary>
    /// <param name="disks">What the block layer says.</param>
    /// <param name="plan">The disks of this start.</param>
    /// <param name="find">Finds the opened disk under a path.</param>
    public static IReadOnlyList<DiskView> Of(
        IReadOnlyList<DiskDescription> disks, IReadOnlyList<PlannedDisk> plan, Func<string, IDisk?> find) =>
        [.. disks.Select(disk => Of(disk, plan.FirstOrDefault(planned => planned.Path == disk.Name), find(disk.Name)))];

    /// <summary>Adds what the file system under a disk file has left. Not on the reactor: it asks the file system.</summary>
    public static DiskView WithHostSpace(DiskView disk)
    {
        if (disk.Kind != "file")
            return disk;
        try
        {
            return disk with { HostFreeBytes = new DriveInfo(Path.GetDirectoryName(disk.Path)!).AvailableFreeSpace };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return disk;
        }
    }

    /// <summary>Adds what an operator set for the disk, and how many copies it has or is to have. On the reactor.</summary>
    public static DiskView WithPlacement(DiskView disk, BlockNode block, IReadOnlyDictionary<Guid, int> copies)
    {
        if (!Guid.TryParse(disk.Id, out var id))
            return disk;
        return disk with
        {
            IsDraining = block.IsDraining(id),
            Class = block.ClassOf(id),
            Copies = copies.GetValueOrDefault(id),
        };
    }

    /// <summary>A disk of another node.</summary>
    public static DiskView OfRemote(MemberDisk disk) => new()
    {
        Name = Path.GetFileNameWithoutExtension(disk.Name),
        Node = disk.Node,
        Path = disk.Name,
        State = disk.State switch
        {
            _ when disk.Reach != NodeReach.Up => "away",
            DiskState.Online => "healthy",
            DiskState.Resyncing => "resyncing",
            _ => "missing",
        },
        Problem = disk is { Reach: NodeReach.Up, State: DiskState.Missing }
            ? new ProblemItem(
                "disk-missing",
                $"Disk {disk.Name} of node {disk.Node} does not serve.",
                $"See the log of node {disk.Node} for the reason; bring the disk back to its path.")
            : null,
        Id = disk.Id.ToString(),
        DataBytes = disk.DataBytes,
        UsedBytes = disk.UsedBytes,
        ResyncPercent = disk.ResyncPercent,
    };

    private static DiskView Of(DiskDescription disk, PlannedDisk? planned, IDisk? opened)
    {
        var readOnly = disk.Statistics?.ReadOnlyBecause;
        var problem = disk.Fault ?? readOnly ?? (disk.State == DiskState.Missing ? Missing(disk.Name) : null);
        return new DiskView
        {
            Name = planned?.Name ?? Path.GetFileNameWithoutExtension(disk.Name),
            Path = disk.Name,
            State = disk.State switch
            {
                _ when readOnly is not null => "read-only",
                DiskState.Online => "healthy",
                DiskState.Resyncing => "resyncing",
                DiskState.Missing => "missing",
                _ => "failed",
            },
            Kind = opened is null ? "unknown" : opened.IsFile ? "file" : "device",
            ResyncPercent = disk.ResyncPercent,
            Problem = problem is null ? null : new ProblemItem(problem.Code, problem.Message, problem.Remedy),
            Id = disk.Id?.ToString(),
            DataBytes = disk.DataBytes,
            UsedBytes = disk.Statistics?.UsedBytes,
            SizeBytes = opened?.SizeBytes ?? 0,
            SectorBytes = opened?.SectorBytes ?? 0,
            NeedsFlush = opened?.NeedsFlush ?? false,
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
}
