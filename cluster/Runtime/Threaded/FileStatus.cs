using System.Runtime.InteropServices;

namespace Uss.Runtime.Threaded;

/// <summary>The kernel's <c>struct statx</c>, as far as it is used here.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct FileStatus
{
    internal const int Size = 256;
    internal const int EmptyPath = 0x1000;
    internal const uint BasicStatistics = 0x7ff;
    internal const uint DirectAlignment = 0x2000;

    private const int TypeMask = 0xf000;

    /// <summary>Which of the fields below are valid.</summary>
    [FieldOffset(0)]
    internal uint Mask;

    [FieldOffset(28)]
    internal ushort Mode;

    [FieldOffset(40)]
    internal ulong SizeBytes;

    /// <summary>Space that it takes, in units of 512 bytes.</summary>
    [FieldOffset(48)]
    internal ulong Blocks;

    [FieldOffset(128)]
    internal uint DeviceMajor;

    [FieldOffset(132)]
    internal uint DeviceMinor;

    /// <summary>Alignment of memory for O_DIRECT in bytes; 0 without O_DIRECT. Linux 6.1.</summary>
    [FieldOffset(152)]
    internal uint DirectMemoryAlignment;

    /// <summary>Alignment of offsets and lengths for O_DIRECT in bytes; 0 without O_DIRECT. Linux 6.1.</summary>
    [FieldOffset(156)]
    internal uint DirectOffsetAlignment;

    internal readonly bool IsFile => (Mode & TypeMask) == 0x8000;

    internal readonly bool IsDirectory => (Mode & TypeMask) == 0x4000;

    internal readonly bool IsBlockDevice => (Mode & TypeMask) == 0x6000;

    /// <summary>Asks for the status of an open file; 0 or an error number.</summary>
    internal static unsafe int Get(int descriptor, out FileStatus status)
    {
        fixed (FileStatus* pointer = &status)
        {
            byte empty = 0;
            return Libc.Status(descriptor, &empty, EmptyPath, BasicStatistics | DirectAlignment, pointer) == 0 ? 0 : Libc.LastError;
        }
    }
}
