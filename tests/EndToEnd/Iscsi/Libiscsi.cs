using System.Runtime.InteropServices;

namespace Uss.EndToEnd.Iscsi;

/// <summary>The functions of Debian's libiscsi that the load generator uses: an initiator that is not ours.</summary>
internal static partial class Libiscsi
{
    public const int NormalSession = 2;

    private const string Library = "libiscsi.so.7";

    [LibraryImport(Library, EntryPoint = "iscsi_create_context", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint CreateContext(string initiatorName);

    [LibraryImport(Library, EntryPoint = "iscsi_destroy_context")]
    public static partial void DestroyContext(nint context);

    [LibraryImport(Library, EntryPoint = "iscsi_set_targetname", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void SetTargetName(nint context, string targetName);

    [LibraryImport(Library, EntryPoint = "iscsi_set_session_type")]
    public static partial void SetSessionType(nint context, int sessionType);

    [LibraryImport(Library, EntryPoint = "iscsi_set_timeout")]
    public static partial void SetTimeout(nint context, int timeoutSeconds);

    [LibraryImport(Library, EntryPoint = "iscsi_set_noautoreconnect")]
    public static partial void SetNoAutoReconnect(nint context, int on);

    [LibraryImport(Library, EntryPoint = "iscsi_full_connect_sync", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Connect(nint context, string portal, int lun);

    [LibraryImport(Library, EntryPoint = "iscsi_logout_sync")]
    public static partial void Logout(nint context);

    [LibraryImport(Library, EntryPoint = "iscsi_get_error")]
    private static partial nint GetErrorText(nint context);

    [LibraryImport(Library, EntryPoint = "scsi_free_scsi_task")]
    public static partial void FreeTask(nint task);

    /// <returns>A task whose first field is the SCSI status; null when the session is lost.</returns>
    [LibraryImport(Library, EntryPoint = "iscsi_read16_iov_sync")]
    public static unsafe partial nint Read16(
        nint context, int lun, ulong block, uint lengthBytes, int blockSize,
        int protection, int disablePageOut, int forceUnitAccess, int forceNonVolatile, int group, IoVector* vectors, int vectorCount);

    /// <inheritdoc cref="Read16"/>
    [LibraryImport(Library, EntryPoint = "iscsi_write16_iov_sync")]
    public static unsafe partial nint Write16(
        nint context, int lun, ulong block, byte* data, uint lengthBytes, int blockSize,
        int protection, int disablePageOut, int forceUnitAccess, int forceNonVolatile, int group, IoVector* vectors, int vectorCount);

    /// <summary>Fixes the initiator session identifier, so that the next session is the same initiator port.</summary>
    [LibraryImport(Library, EntryPoint = "iscsi_set_isid_random")]
    public static partial int SetIsid(nint context, uint number, uint qualifier);

    [LibraryImport(Library, EntryPoint = "scsi_create_task")]
    public static unsafe partial nint CreateTask(int cdbLength, byte* cdb, int transferDirection, int expectedLength);

    /// <param name="data">The data-out, or null.</param>
    [LibraryImport(Library, EntryPoint = "iscsi_scsi_command_sync")]
    public static unsafe partial nint Command(nint context, int lun, nint task, Data* data);

    public static string GetError(nint context) => Marshal.PtrToStringUTF8(GetErrorText(context)) ?? "";

    [StructLayout(LayoutKind.Sequential)]
    public unsafe struct Data
    {
        public nuint Length;
        public byte* Bytes;
    }

    [StructLayout(LayoutKind.Sequential)]
    public unsafe struct IoVector
    {
        public void* Base;
        public nuint Length;
    }
}
