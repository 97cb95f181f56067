using System.Globalization;
using Uss.Runtime;

namespace Uss.Host.Serve;

/// <summary>Which disks a start uses: those that earlier starts used, and those that this one adds.</summary>
/// <param name="Name">Short name for commands: <c>disk0</c>, <c>sdb</c>.</param>
/// <param name="Path">Absolute path of the file or device.</param>
/// <param name="CreateBytes">Size of the file to create when there is none; 0: it must exist.</param>
/// <param name="IsKnown">An earlier start used it, so it is expected to hold data of this service.</param>
internal sealed record PlannedDisk(string Name, string Path, long CreateBytes, bool IsKnown)
{
    /// <summary>It may be formatted though it holds something else, unlike the others of this start.</summary>
    public bool MayFormat { get; init; }

    /// <summary>Decides on the disks of a start.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="known">Paths that earlier starts used, in order.</param>
    public static Result<IReadOnlyList<PlannedDisk>> Decide(ServeOptions options, IReadOnlyList<string> known)
    {
        var isFirst = known.Count == 0;
        var paths = new List<(string Path, bool IsOwn)>();
        foreach (var path in known)
            Add(path, IsOwn(options.Folder, path));
        foreach (var path in options.DiskPaths.Select(System.IO.Path.GetFullPath))
            Add(path, false);
        var ownDisks = options.Disks ?? (isFirst && options.DiskPaths.Count == 0 ? ServeOptions.DefaultDisks : 0);

        // One that was removed does not come back because the command line is the same as ever.
        for (var index = 0; index < ownDisks && paths.Count(disk => disk.IsOwn) < ownDisks; index++)
            Add(options.Folder.Disk(index), true);
        if (paths.Count == 0)
        {
            return new Fault(
                "bad-disks", "There is no disk to store data on.", "Give --disks N for files in the data folder, or --disk PATH.");
        }

        var planned = new List<PlannedDisk>(paths.Count);
        foreach (var (path, isOwn) in paths)
        {
            var isKnown = known.Contains(path);
            // A known file that is gone must not come back empty: it would pass for a disk without data.
            planned.Add(new PlannedDisk(
                NameOf(path, planned), path, isOwn && !isKnown ? options.DiskSizeBytes : 0, isKnown));
        }

        return Result<IReadOnlyList<PlannedDisk>>.Ok(planned);

        void Add(string path, bool isOwn)
        {
            if (!paths.Any(other => other.Path == path))
                paths.Add((path, isOwn));
        }
    }

    private static bool IsOwn(DataFolder folder, string path) => System.IO.Path.GetDirectoryName(path) == folder.Path;

    /// <summary>A disk that is added while the node runs.</summary>
    /// <param name="path">Its absolute path.</param>
    /// <param name="createBytes">Size of the file to make when there is none; 0: it must exist.</param>
    /// <param name="mayFormat">Format it though it holds something else.</param>
    /// <param name="others">The disks that are there.</param>
    public static PlannedDisk Added(string path, long createBytes, bool mayFormat, IReadOnlyList<PlannedDisk> others) =>
        new(NameOf(path, others), path, createBytes, IsKnown: false) { MayFormat = mayFormat };

    private static string NameOf(string path, IReadOnlyList<PlannedDisk> others)
    {
        var file = System.IO.Path.GetFileName(path);
        var name = file.EndsWith(".uss", StringComparison.Ordinal) ? file[..^4] : file;
        var candidate = name;
        for (var count = 2; others.Any(other => other.Name == candidate); count++)
            candidate = string.Create(CultureInfo.InvariantCulture, $"{name}-{count}");
        return candidate;
    }
}
