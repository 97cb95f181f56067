using System.Globalization;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>When space is called low. Initiators, the log and the status page go by the same figures.</summary>
public static class SpaceRules
{
    /// <summary>A disk this full is nearly full.</summary>
    public const double LowFraction = 0.80;

    /// <summary>A disk that was nearly full and is below this has room again.</summary>
    public const double RoomFraction = 0.75;

    /// <summary>A file system with less left than this, in bytes, can soon not take what disk files in it still need.</summary>
    public const long LowHostBytes = 512L << 20;

    /// <summary>What is wrong with a disk's space; null when nothing is.</summary>
    public static ProblemItem? Check(DiskView disk)
    {
        if (disk is { DataBytes: > 0, UsedBytes: { } used } && used >= LowFraction * disk.DataBytes)
        {
            var percent = (100.0 * used / disk.DataBytes).ToString("0", CultureInfo.InvariantCulture);
            return new ProblemItem(
                "disk-nearly-full",
                $"Disk {disk.FullName} is {percent} % full; writes that need more are refused when it is full.",
                "Delete data and trim the file systems on the volumes (fstrim), remove volumes, or add a disk with --disk PATH.");
        }

        if (disk is { Figures: not null, HostFreeBytes: { } free } && free < LowHostBytes && free < disk.SizeBytes)
        {
            return new ProblemItem(
                "host-nearly-full",
                $"The file system under disk {disk.FullName} ({disk.Path}) has only {free >> 20} MiB left; the file may need more.",
                "Free space on it, or move the disk file to a larger file system.");
        }

        return null;
    }
}
