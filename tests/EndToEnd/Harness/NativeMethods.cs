using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Uss.EndToEnd.Harness;

/// <summary>The system calls that .NET has no name for.</summary>
internal static partial class NativeMethods
{
    public const int SignalKill = 9;
    public const int SignalTerminate = 15;
    public const int SignalContinue = 18;
    public const int SignalStop = 19;

    private const int CloneNewNetwork = 0x40000000;

    public static void Signal(int processId, int signal)
    {
        if (Kill(processId, signal) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"kill({processId}, {signal})");
    }

    /// <summary>Moves the calling thread, and it alone, into a network namespace. Its sockets stay there.</summary>
    public static void EnterNetwork(string namespacePath)
    {
        using var handle = File.OpenHandle(namespacePath);
        if (SetNamespace((int)handle.DangerousGetHandle(), CloneNewNetwork) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"setns({namespacePath})");
    }

    /// <summary>Bytes that a file takes on its file system: holes do not count (stat(2), st_blocks).</summary>
    public static unsafe long AllocatedBytes(string path)
    {
        const int CurrentFolder = -100;
        const uint WantBlocks = 0x400;
        const int BlocksOffset = 48;
        const int StatusSize = 256;
        var status = stackalloc byte[StatusSize];
        if (ExtendedStatus(CurrentFolder, path, 0, WantBlocks, status) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"statx({path})");
        return *(long*)(status + BlocksOffset) * 512;
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int ExtendedStatus(int folder, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int fileDescriptor, int kind);
}
