using System.Runtime.InteropServices;

namespace Uss.Runtime.IoUring;

/// <summary>The system calls of io_uring, and mmap. The numbers are the same on every processor family .NET runs on.</summary>
internal static unsafe partial class RingCalls
{
    internal const int EnableRings = 12;
    internal const int RegisterBuffers = 15;
    internal const int UpdateBuffers = 16;
    internal const int RegisterRingDescriptors = 20;

    internal const long SubmissionRingOffset = 0;
    internal const long CompletionRingOffset = 0x8000000;
    internal const long EntriesOffset = 0x10000000;

    private const nint SetupNumber = 425;
    private const nint EnterNumber = 426;
    private const nint RegisterNumber = 427;

    private const int ProtectReadWrite = 3;
    private const int MapSharedPopulate = 0x8001;

    /// <summary>The ring's descriptor, or -1.</summary>
    internal static int Setup(uint entries, RingParameters* parameters) =>
        (int)SystemCall(SetupNumber, (nint)entries, (nint)parameters, 0, 0, 0, 0);

    /// <summary>Entries submitted, or -1. May block, so it is an ordinary call for the garbage collector.</summary>
    internal static int Enter(
        int ring, uint submit, uint minimumCompletions, RingEnter flags, RingEnterArgument* argument, nuint argumentBytes) =>
        (int)SystemCall(
            EnterNumber, ring, (nint)submit, (nint)minimumCompletions, (nint)(uint)flags, (nint)argument, (nint)argumentBytes);

    /// <summary>What the operation says, or -1.</summary>
    internal static int Register(int ring, uint opcode, void* argument, uint count) =>
        (int)SystemCall(RegisterNumber, ring, (nint)opcode, (nint)argument, (nint)count, 0, 0);

    /// <summary>Maps a part of the ring; null when it fails.</summary>
    internal static byte* Map(int ring, nuint bytes, long offset)
    {
        var address = MemoryMap(null, bytes, ProtectReadWrite, MapSharedPopulate, ring, offset);
        return (nint)address == -1 ? null : (byte*)address;
    }

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int Unmap(void* address, nuint bytes);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial void* MemoryMap(void* address, nuint bytes, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
