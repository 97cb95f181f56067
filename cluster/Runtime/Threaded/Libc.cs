using System.Runtime.InteropServices;

namespace Uss.Runtime.Threaded;

/// <summary>The C library's calls for files, as thin as possible. A failure is -1, with the error number in <see cref="LastError"/>.</summary>
internal static unsafe partial class Libc
{
    internal const int OpenReadOnly = 0;
    internal const int OpenReadWrite = 2;
    internal const int OpenCreate = 0x40;
    internal const int OpenExclusive = 0x80;
    internal const int OpenCloseOnExec = 0x80000;

    internal const int LockExclusive = 2;
    internal const int LockNonBlocking = 4;

    internal const int FallocateKeepSize = 1;
    internal const int FallocatePunchHole = 2;

    // ioctl numbers of <linux/fs.h>.
    internal const nuint BlockGetSize64 = 0x80081272;
    internal const nuint BlockSectorSize = 0x1268;
    internal const nuint BlockDiscard = 0x1277;

    internal const int EventCloseOnExec = 0x80000;
    internal const int EventNonBlocking = 0x800;

    /// <summary>O_DIRECT, whose value differs between processor families.</summary>
    internal static readonly int OpenDirect =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x10000 : 0x4000;

    /// <summary>The error number of this thread's last failed call.</summary>
    internal static int LastError => Marshal.GetLastPInvokeError();

    /// <summary>
    /// Asks for huge pages behind a range: fewer entries in the processor's address caches and in a disk's list of
    /// segments. A hint, which a kernel may lack.
    /// </summary>
    internal static void AdviseHugePages(void* address, long length) => _ = Advise(address, (nuint)length, AdviseHugePage);

    private const int AdviseHugePage = 14;

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int Advise(void* address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    internal static partial int Lock(int descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int Truncate(int descriptor, long length);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    internal static partial int Allocate(int descriptor, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(int descriptor, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    internal static partial nint ReadAt(int descriptor, void* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    internal static partial nint WriteAt(int descriptor, void* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int SyncData(int descriptor);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    internal static partial int Status(int descriptor, byte* path, int flags, uint mask, FileStatus* status);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int CreateEvent(uint initialValue, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int descriptor, void* buffer, nuint count);

    /// <summary>Pins the calling thread to one processor; a processor that does not exist leaves it unpinned.</summary>
    internal static void PinThread(int processor)
    {
        const int words = 16;
        var mask = stackalloc ulong[words];
        new Span<ulong>(mask, words).Clear();
        if (processor >= words * 64)
            return;
        mask[processor / 64] = 1UL << (processor % 64);
        _ = SetAffinity(0, words * sizeof(ulong), mask);
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nuint maskBytes, ulong* mask);
}
