namespace Uss.Runtime.Threaded;

/// <summary>The faults of opening a disk: each names the path, the reason and the remedy.</summary>
internal static class DiskFaults
{
    private const int NotPermitted = 1;
    private const int NoDeviceOrAddress = 6;
    private const int NoDevice = 19;
    private const int NotADirectory = 20;
    private const int IsADirectory = 21;
    private const int FileTooLarge = 27;
    private const int ReadOnlyFileSystem = 30;
    private const int QuotaExceeded = 122;

    internal const string LockedCode = "disk-locked";

    internal static Fault Locked(string path) => new(
        LockedCode,
        $"'{path}' is in use by another process.",
        $"Stop the other process (find it with: fuser -v '{path}'), or choose another disk.");

    internal static Fault InUse(string path) => new(
        LockedCode,
        $"'{path}' is in use by the system: mounted, swap, or part of a RAID or a volume group.",
        $"Release it (see: lsblk '{path}'), or choose another disk.");

    internal static Fault NotADisk(string path, string what) => new(
        "disk-not-a-disk", $"'{path}' is {what}.", "Name a block device, or a file.");

    internal static Fault UnusableSector(string path, int sectorBytes) => new(
        "disk-sector-unusable",
        $"'{path}' has sectors of {sectorBytes} bytes; 512 and 4096 are supported.",
        "Choose another disk.");

    internal static string NoDirectIo(string path) =>
        $"the file system of '{path}' has no direct I/O: reads and writes go through the page cache, which costs memory and time";

    internal static Fault ForOpen(string path, int error, DiskOpenOptions options) => error switch
    {
        Errno.NoEntry when options.CreateBytes == 0 => new Fault(
            "disk-missing", $"'{path}' does not exist.", "Check the path; attach the disk or restore the file."),
        Errno.NoEntry or NotADirectory => new Fault(
            "disk-missing", $"The directory of '{path}' does not exist.", "Create the directory first, or check the path."),
        Errno.Access or NotPermitted => new Fault(
            "disk-access", $"'{path}' may not be opened by this user.", "Give this user read and write permission on it."),
        IsADirectory => NotADisk(path, "a directory"),
        Errno.Busy => InUse(path),
        ReadOnlyFileSystem => new Fault(
            "disk-read-only", $"'{path}' is on a read-only file system or device.", "Remount it for writing, or choose another disk."),
        Errno.NoSpace or QuotaExceeded => new Fault(
            "disk-full", $"No space to create '{path}' ({options.CreateBytes} bytes).", "Free space there, or choose a smaller size."),
        FileTooLarge => new Fault(
            "disk-size-invalid",
            $"The file system of '{path}' cannot hold a file of {options.CreateBytes} bytes.",
            "Choose a smaller size or another file system."),
        NoDevice or NoDeviceOrAddress => new Fault(
            "disk-missing", $"The device behind '{path}' is gone.", "Check the cable, the controller and the kernel's log."),
        _ => new Fault("disk-open-failed", $"'{path}' cannot be opened: {Errno.Describe(error)}.", "See the kernel's log for the cause."),
    };
}
