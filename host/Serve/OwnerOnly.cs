using System.Runtime.InteropServices;

namespace Uss.Host.Serve;

/// <summary>Keeps what the service creates from other users: disks, records with CHAP secrets, logs, the socket.</summary>
internal static partial class OwnerOnly
{
    private const uint GroupAndOthers = 0x3F; // ---rwxrwx

    /// <summary>Files and folders that this process creates from now on are for its user alone.</summary>
    public static void Apply() => _ = SetMask(GroupAndOthers);

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint SetMask(uint mask);
}
