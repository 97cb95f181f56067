using System.Globalization;
using Uss.Volumes;
using Uss.WebUi.Contracts;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>Says of each volume whether all of it is served, and if not, because of which disks.</summary>
internal static class VolumeStates
{
    /// <summary>All volumes, by name. On the reactor.</summary>
    /// <param name="block">The block layer.</param>
    /// <param name="disks">Its disks as the API shows them.</param>
    public static IReadOnlyList<NodeVolume> Of(BlockNode block, IReadOnlyList<DiskView> disks) =>
        [.. block.Volumes.List().Select(volume => Of(volume, block, disks)).Concat(block.Volumes.Broken.Select(Broken))];

    /// <summary>One volume. On the reactor.</summary>
    public static NodeVolume Of(VolumeDescription volume, BlockNode block, IReadOnlyList<DiskView> disks)
    {
        var (state, problem) = StateOf(volume, block, disks);
        return new NodeVolume
        {
            Name = volume.Name,
            Id = volume.Id.ToString(),
            SizeBytes = volume.SizeBytes,
            UsedBytes = volume.UsedBytes,
            Copies = volume.Copies,
            Pool = volume.Pool,
            State = state,
            Problem = problem,
            Created = volume.CreatedAt,
        };
    }

    private static (string State, ProblemItem? Problem) StateOf(VolumeDescription volume, BlockNode block, IReadOnlyList<DiskView> disks)
    {
        var bad = disks.Where(disk => disk.State is "missing" or "failed" or "away").ToList();
        var named = bad.Count == 0 ? "a disk that holds it does not serve" : NamesOf(bad);
        if (volume.Health == VolumeHealth.Unavailable)
        {
            var fix = bad.Count == 0
                ? "Wait a moment: its placement groups start. If it stays so, see the log."
                : BringBack(bad);
            return ("failed", new ProblemItem("volume-failed", $"Part of volume '{volume.Name}' cannot be reached: {named}.", fix));
        }

        if (volume.Health == VolumeHealth.Degraded)
        {
            var resyncing = disks.Where(disk => disk.State == "resyncing").ToList();
            if (bad.Count == 0 && resyncing.Count > 0)
            {
                var percent = resyncing.Min(disk => disk.ResyncPercent).ToString("0", CultureInfo.InvariantCulture);
                return ("degraded", new ProblemItem(
                    "volume-degraded",
                    $"Part of volume '{volume.Name}' has fewer than {volume.Copies} copies: {NamesOf(resyncing)}, {percent} % done.",
                    "Nothing while `uss disk ls` shows progress: copies are made in the background. Without progress, see whether "
                    + "the disk, or the file system under it, is full."));
            }

            return ("degraded", new ProblemItem(
                "volume-degraded",
                $"Part of volume '{volume.Name}' has fewer than {volume.Copies} copies: {named}.",
                bad.Any(disk => disk.State == "away")
                    ? BringBack(bad)
                    : "Bring the disk back, or add another one with --disk; its data is copied in the background."));
        }

        var readOnly = disks.Where(disk => disk.State == "read-only").ToList();
        if (readOnly.Count > 0 && IsServedBy(volume, block, readOnly))
        {
            return ("degraded", new ProblemItem(
                "volume-degraded",
                $"Part of volume '{volume.Name}' can be read but not written: {NamesOf(readOnly)}.",
                $"See `uss disk show {readOnly[0].FullName}`: mend the cause and restart the service."));
        }

        return ("healthy", null);
    }

    private static NodeVolume Broken(KeyValuePair<string, Uss.Runtime.Fault> broken) => new()
    {
        Name = broken.Key,
        Id = "",
        SizeBytes = 0,
        UsedBytes = 0,
        Copies = 0,
        State = "failed",
        Problem = new ProblemItem(broken.Value.Code, broken.Value.Message, broken.Value.Remedy),
        Created = DateTimeOffset.UnixEpoch,
    };

    private static bool IsServedBy(VolumeDescription volume, BlockNode block, List<DiskView> disks)
    {
        var ids = disks.Select(disk => disk.Id).ToHashSet(StringComparer.Ordinal);
        return block.Volumes.Find(volume.Name) is { } found
            && found.Pool.Groups.Any(group => group.InSync.Any(disk => ids.Contains(disk.ToString())));
    }

    private static string BringBack(List<DiskView> bad) => bad.Any(disk => disk.State == "away")
        ? "Bring the node back, see `uss status`; it takes part again by itself and gets what it missed."
        : $"Bring {(bad.Count == 1 ? "the disk" : "the disks")} back; the service takes it up by itself within half a minute.";

    // Disks that are away are so because of their nodes.
    private static string NamesOf(List<DiskView> disks) => string.Join(
        ", ",
        disks.Where(disk => disk.State != "away").Select(disk => $"{disk.FullName} is {disk.State}")
            .Concat(disks.Where(disk => disk.State == "away").Select(disk => $"node {disk.Node} is away").Distinct(StringComparer.Ordinal)));
}
