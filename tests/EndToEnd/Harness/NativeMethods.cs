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

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int fileDescriptor, int kind);
}
