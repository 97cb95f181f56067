using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files;

// Who may do what, by the permission bits (POSIX, file access permissions).
internal sealed partial class FileOperation
{
    private const int MayRead = 4;
    private const int MayWrite = 2;
    private const int MayExecute = 1;

    private const int SetUserBit = 0x800;
    private const int SetGroupBit = 0x400;
    private const int StickyBit = 0x200;
    private const int ModeBits = 0xFFF;
    private const int GroupExecuteBit = 8;

    private bool IsOwner(in InodeRecord record) => Call.Caller.IsRoot || Call.Caller.UserId == record.UserId;

    private bool May(in InodeRecord record, int wanted)
    {
        if (Call.Caller.IsRoot)
            return wanted != MayExecute || record.IsDirectory || (record.Mode & 0x49) != 0;
        var shift = Call.Caller.UserId == record.UserId ? 6 : Call.Caller.IsIn(record.GroupId) ? 3 : 0;
        return ((record.Mode >> shift) & wanted) == wanted;
    }

    // Data of a file: there is no open in NFS, so what its owner could open is not refused later (RFC 1813, 4.4).
    private bool MayUseData(in InodeRecord record, int wanted) =>
        IsOwner(record) || May(record, wanted) || (wanted == MayRead && May(record, MayExecute));

    // Changing entries of a directory.
    private NfsStatus CheckChange(in InodeRecord directory) => May(directory, MayWrite | MayExecute) ? NfsStatus.Ok : NfsStatus.AccessDenied;

    // Taking an entry away: in a directory with the sticky bit only who owns it or the directory may.
    private NfsStatus CheckRemoval(in InodeRecord directory, in InodeRecord entry)
    {
        var status = CheckChange(directory);
        var isKept = (directory.Mode & StickyBit) != 0 && !IsOwner(directory) && !IsOwner(entry);
        return status == NfsStatus.Ok && isKept ? NfsStatus.NotOwner : status;
    }
}
