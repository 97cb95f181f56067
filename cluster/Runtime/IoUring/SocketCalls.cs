using System.Runtime.InteropServices;
using Uss.Runtime.Threaded;

namespace Uss.Runtime.IoUring;

/// <summary>The C library's calls for sockets that io_uring has no operation for, or that never block.</summary>
internal static unsafe partial class SocketCalls
{
    internal const int CloseOnExec = 0x80000;
    internal const int NoSignal = 0x4000;
    internal const int WaitAll = 0x100;

    private const int Stream = 1;
    private const int DatagramType = 2;
    private const int ShutdownBoth = 2;

    private const int LevelSocket = 1;
    private const int OptionReuseAddress = 2;
    private const int OptionLinger = 13;
    private const int LevelTcp = 6;
    private const int OptionNoDelay = 1;

    /// <summary>A TCP socket without Nagle's delay, or the negated error number.</summary>
    internal static int CreateStream(Endpoint endpoint)
    {
        var descriptor = Socket(SocketAddress.FamilyOf(endpoint), Stream | CloseOnExec, 0);
        if (descriptor < 0)
            return -Libc.LastError;
        SetNoDelay(descriptor);
        return descriptor;
    }

    /// <summary>A UDP socket, or the negated error number.</summary>
    internal static int CreateDatagram(Endpoint endpoint)
    {
        var descriptor = Socket(SocketAddress.FamilyOf(endpoint), DatagramType | CloseOnExec, 0);
        return descriptor < 0 ? -Libc.LastError : descriptor;
    }

    internal static void SetNoDelay(int descriptor)
    {
        var on = 1;
        _ = SetOption(descriptor, LevelTcp, OptionNoDelay, &on, sizeof(int));
    }

    internal static void SetReuseAddress(int descriptor)
    {
        var on = 1;
        _ = SetOption(descriptor, LevelSocket, OptionReuseAddress, &on, sizeof(int));
    }

    /// <summary>Closing resets the connection and drops what is not yet sent.</summary>
    internal static void SetResetOnClose(int descriptor)
    {
        var linger = stackalloc int[] { 1, 0 };
        _ = SetOption(descriptor, LevelSocket, OptionLinger, linger, 2 * sizeof(int));
    }

    /// <summary>Ends both directions: waiting receives, sends and accepts complete.</summary>
    internal static void ShutDown(int descriptor) => _ = ShutDown(descriptor, ShutdownBoth);

    internal static Endpoint LocalOf(int descriptor, SocketAddress address)
    {
        address.Expect();
        return GetLocal(descriptor, address.Pointer, address.LengthPointer) == 0 ? address.Get() : default;
    }

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    internal static partial int Bind(int descriptor, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    internal static partial int Listen(int descriptor, int backlog);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(int descriptor, int level, int option, void* value, uint length);

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    private static partial int GetLocal(int descriptor, byte* address, uint* length);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    private static partial int ShutDown(int descriptor, int how);
}
