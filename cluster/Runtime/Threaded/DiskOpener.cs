using System.Numerics;

namespace Uss.Runtime.Threaded;

/// <summary>
/// Opens disks: makes missing files, locks, and finds out size, sector and cache. Every call here may block for the time
/// of a metadata operation, so reactors run it elsewhere.
/// </summary>
internal static unsafe class DiskOpener
{
    private const int SmallestSectorBytes = 512;
    private const int LargestSectorBytes = 4096;
    private const uint OwnerReadWrite = 0x180; // rw-------

    internal static Result<OpenedDisk> Open(string path, DiskOpenOptions options)
    {
        if (options.CreateBytes < 0 || options.CreateBytes % LargestSectorBytes != 0)
        {
            return new Fault(
                "disk-size-invalid",
                $"'{path}' cannot be created with {options.CreateBytes} bytes.",
                $"Choose a size that is a multiple of {LargestSectorBytes} bytes.");
        }

        var descriptor = OpenOrCreate(path, options, out var isCreated, out var isDirect, out var error);
        if (descriptor < 0)
            return DiskFaults.ForOpen(path, error, options);
        var result = Inspect(path, options, ref descriptor, isDirect);
        if (!result.IsOk)
        {
            _ = Libc.Close(descriptor);

            // A file that could not be made whole is not left behind: the next attempt would take it for a disk. Whoever was
            // quicker to lock it has it now.
            if (isCreated && result.Fault.Code != DiskFaults.LockedCode)
                File.Delete(path);
        }

        return result;
    }

    /// <summary>The size in bytes, or the negated error number.</summary>
    internal static long SizeOf(int descriptor, bool isFile)
    {
        if (isFile)
        {
            var error = FileStatus.Get(descriptor, out var status);
            return error == 0 ? (long)status.SizeBytes : -error;
        }

        long sizeBytes = 0;
        return Libc.Control(descriptor, Libc.BlockGetSize64, &sizeBytes) == 0 ? sizeBytes : -Libc.LastError;
    }

    /// <summary>Discards a range of a block device; 0 or the negated error number.</summary>
    internal static int DiscardOnDevice(int descriptor, long offset, long lengthBytes)
    {
        var range = stackalloc long[] { offset, lengthBytes };
        return Libc.Control(descriptor, Libc.BlockDiscard, range) == 0 ? 0 : -Libc.LastError;
    }

    private static int OpenOrCreate(string path, DiskOpenOptions options, out bool isCreated, out bool isDirect, out int error)
    {
        isCreated = false;
        isDirect = true;
        var access = (options.ReadOnly ? Libc.OpenReadOnly : Libc.OpenReadWrite) | Libc.OpenCloseOnExec;
        var descriptor = TryOpen(path, access, ref isDirect, out error);
        if (descriptor >= 0 || error != Errno.NoEntry || options.CreateBytes == 0 || options.ReadOnly)
            return descriptor;

        descriptor = TryOpen(path, access | Libc.OpenCreate | Libc.OpenExclusive, ref isDirect, out error);
        isCreated = descriptor >= 0;
        return descriptor;
    }

    // O_DIRECT where the file system has it. One without it says EINVAL, some of them after they made the file.
    private static int TryOpen(string path, int flags, ref bool isDirect, out int error)
    {
        isDirect = true;
        error = 0;
        var descriptor = Libc.Open(path, flags | Libc.OpenDirect, OwnerReadWrite);
        if (descriptor < 0 && Libc.LastError == Errno.Invalid)
        {
            isDirect = false;
            descriptor = Libc.Open(path, flags & ~Libc.OpenExclusive, OwnerReadWrite);
        }

        if (descriptor < 0)
            error = Libc.LastError;
        return descriptor;
    }

    private static Result<OpenedDisk> Inspect(string path, DiskOpenOptions options, ref int descriptor, bool isDirect)
    {
        var error = FileStatus.Get(descriptor, out var status);
        if (error != 0)
            return DiskFaults.ForOpen(path, error, options);
        if (!status.IsFile && !status.IsBlockDevice)
            return DiskFaults.NotADisk(path, status.IsDirectory ? "a directory" : "neither a file nor a block device");
        if (!options.ReadOnly && Lock(path, ref descriptor, status.IsBlockDevice) is { } locked)
            return locked;

        var sizeBytes = SizeOf(descriptor, status.IsFile);
        if (sizeBytes < 0)
            return DiskFaults.ForOpen(path, (int)-sizeBytes, options);

        // An empty file is one that was just made, here or by a start that ended before it got its size.
        if (sizeBytes == 0 && status.IsFile && options.CreateBytes > 0 && !options.ReadOnly)
        {
            if (Libc.Truncate(descriptor, options.CreateBytes) != 0)
                return DiskFaults.ForOpen(path, Libc.LastError, options);
            sizeBytes = options.CreateBytes;
        }

        var sectorBytes = SectorOf(descriptor, status, isDirect);
        if (sectorBytes > LargestSectorBytes || !BitOperations.IsPow2(sectorBytes))
            return DiskFaults.UnusableSector(path, sectorBytes);
        var needsFlush = status.IsFile || HasVolatileCache(status);
        var warning = isDirect ? null : DiskFaults.NoDirectIo(path);
        bool? isRotational = status.IsFile ? null : QueueOf(status, "rotational") switch { "1" => true, "0" => false, _ => null };
        return new OpenedDisk(path, descriptor, sizeBytes, sectorBytes, needsFlush, status.IsFile, options.ReadOnly, isRotational, warning);
    }

    // flock tells our own kind; a block device opened exclusively also tells mounts, RAID, LVM and swap.
    private static Fault? Lock(string path, ref int descriptor, bool isBlockDevice)
    {
        if (isBlockDevice)
        {
            var flags = Libc.OpenReadWrite | Libc.OpenDirect | Libc.OpenExclusive | Libc.OpenCloseOnExec;
            var exclusive = Libc.Open(path, flags, OwnerReadWrite);
            if (exclusive < 0)
                return DiskFaults.ForOpen(path, Libc.LastError, default);
            _ = Libc.Close(descriptor);
            descriptor = exclusive;
        }

        if (Libc.Lock(descriptor, Libc.LockExclusive | Libc.LockNonBlocking) == 0)
            return null;
        return Libc.LastError == Errno.Again ? DiskFaults.Locked(path) : DiskFaults.ForOpen(path, Libc.LastError, default);
    }

    private static int SectorOf(int descriptor, in FileStatus status, bool isDirect)
    {
        if (!isDirect)
            return LargestSectorBytes;
        if ((status.Mask & FileStatus.DirectAlignment) != 0 && status.DirectOffsetAlignment != 0)
            return Math.Max(SmallestSectorBytes, (int)Math.Max(status.DirectOffsetAlignment, status.DirectMemoryAlignment));
        var sectorBytes = 0;
        return status.IsBlockDevice && Libc.Control(descriptor, Libc.BlockSectorSize, &sectorBytes) == 0
            ? Math.Max(SmallestSectorBytes, sectorBytes)
            : LargestSectorBytes;
    }

    // Where the kernel does not say, it is taken to have one.
    private static bool HasVolatileCache(in FileStatus status) => QueueOf(status, "write_cache") != "write through";

    // What the kernel says of a block device; null when it says nothing that we may read.
    private static string? QueueOf(in FileStatus status, string name)
    {
        // A partition has no queue of its own: its parent directory is the whole device.
        var device = $"/sys/dev/block/{status.DeviceMajor}:{status.DeviceMinor}";
        foreach (var queue in (ReadOnlySpan<string>)[device + "/queue/", device + "/../queue/"])
        {
            try
            {
                return File.ReadAllText(queue + name).Trim();
            }
            catch (IOException)
            {
                // Not at this place.
            }
            catch (UnauthorizedAccessException)
            {
                // Not for us.
            }
        }

        return null;
    }
}
