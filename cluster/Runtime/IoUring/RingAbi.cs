using System.Runtime.InteropServices;

namespace Uss.Runtime.IoUring;

/// <summary>Opcodes of <c>&lt;linux/io_uring.h&gt;</c> that this code uses.</summary>
internal enum RingOpcode : byte
{
    Nop = 0,
    FileSync = 3,
    ReadFixed = 4,
    WriteFixed = 5,
    SendMessage = 9,
    ReceiveMessage = 10,
    Accept = 13,
    AsyncCancel = 14,
    Connect = 16,
    FileAllocate = 17,
    Close = 19,
    Read = 22,
    Write = 23,
    Send = 26,
    Receive = 27,
}

/// <summary>Flags of io_uring_setup.</summary>
[Flags]
internal enum RingSetup : uint
{
    None = 0,
    CompletionSize = 1 << 3,
    Clamp = 1 << 4,
    StartDisabled = 1 << 6,
    SubmitAll = 1 << 7,
    CooperativeTaskRun = 1 << 8,
    TaskRunFlag = 1 << 9,
    SingleIssuer = 1 << 12,
    DeferTaskRun = 1 << 13,
}

/// <summary>Features that io_uring_setup reports.</summary>
[Flags]
internal enum RingFeatures : uint
{
    None = 0,
    SingleMap = 1 << 0,
    NoDrop = 1 << 1,
    SubmitStable = 1 << 2,
    FastPoll = 1 << 5,
    ExtendedArgument = 1 << 8,
}

/// <summary>Flags of io_uring_enter.</summary>
[Flags]
internal enum RingEnter : uint
{
    None = 0,
    GetEvents = 1 << 0,
    ExtendedArgument = 1 << 3,
    RegisteredRing = 1 << 4,
}

/// <summary>One submission queue entry.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct SubmissionEntry
{
    internal const int Size = 64;

    [FieldOffset(0)]
    internal RingOpcode Opcode;

    [FieldOffset(1)]
    internal byte Flags;

    [FieldOffset(2)]
    internal ushort Priority;

    [FieldOffset(4)]
    internal int Descriptor;

    /// <summary>File offset, or the address length for connect, or the address of the address length for accept.</summary>
    [FieldOffset(8)]
    internal ulong Offset;

    [FieldOffset(16)]
    internal ulong Address;

    [FieldOffset(24)]
    internal uint Length;

    [FieldOffset(28)]
    internal uint OperationFlags;

    [FieldOffset(32)]
    internal ulong UserData;

    /// <summary>Index of the registered buffer of a fixed read or write.</summary>
    [FieldOffset(40)]
    internal ushort BufferIndex;
}

/// <summary>One completion queue entry.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CompletionEntry
{
    internal ulong UserData;
    internal int Result;
    internal uint Flags;
}

/// <summary>Where the fields of the submission ring are, in bytes from its start.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SubmissionOffsets
{
    internal uint Head;
    internal uint Tail;
    internal uint Mask;
    internal uint Entries;
    internal uint Flags;
    internal uint Dropped;
    internal uint Array;
    internal uint Reserved;
    internal ulong UserAddress;
}

/// <summary>Where the fields of the completion ring are, in bytes from its start.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CompletionOffsets
{
    internal uint Head;
    internal uint Tail;
    internal uint Mask;
    internal uint Entries;
    internal uint Overflow;
    internal uint Entry;
    internal uint Flags;
    internal uint Reserved;
    internal ulong UserAddress;
}

/// <summary><c>struct io_uring_params</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RingParameters
{
    internal uint SubmissionEntries;
    internal uint CompletionEntries;
    internal RingSetup Flags;
    internal uint ThreadProcessor;
    internal uint ThreadIdle;
    internal RingFeatures Features;
    internal uint WorkQueueDescriptor;
    internal uint Reserved0;
    internal uint Reserved1;
    internal uint Reserved2;
    internal SubmissionOffsets Submission;
    internal CompletionOffsets Completion;
}

/// <summary><c>struct io_uring_getevents_arg</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RingEnterArgument
{
    internal ulong SignalMask;
    internal uint SignalMaskBytes;
    internal uint MinimumWaitUs;
    internal KernelTimespec* Timeout;
}

/// <summary><c>struct __kernel_timespec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KernelTimespec
{
    internal long Seconds;
    internal long Nanoseconds;
}

/// <summary><c>struct io_uring_rsrc_update</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ResourceUpdate
{
    internal uint Offset;
    internal uint Reserved;
    internal ulong Data;
}

/// <summary><c>struct io_uring_rsrc_register</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ResourceRegister
{
    internal const uint Size = 32;

    /// <summary>The table starts without entries. Linux 5.19.</summary>
    internal const uint Sparse = 1;

    internal uint Count;
    internal uint Flags;
    internal ulong Reserved;
    internal ulong Data;
    internal ulong Tags;
}

/// <summary><c>struct io_uring_rsrc_update2</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ResourceUpdateMany
{
    internal const uint Size = 32;

    internal uint Offset;
    internal uint Reserved0;
    internal ulong Data;
    internal ulong Tags;
    internal uint Count;
    internal uint Reserved1;
}
