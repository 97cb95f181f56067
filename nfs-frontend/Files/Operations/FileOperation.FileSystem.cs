using Uss.NfsFrontend.Nfs;
using Uss.Volumes;

namespace Uss.NfsFrontend.Files;

// FSSTAT, FSINFO and PATHCONF (RFC 1813, 3.3.18 to 3.3.20).
internal sealed partial class FileOperation
{
    // What a file takes at least, by which is told how many more there may be.
    private const long LeastFileBytes = 4096;
    private const uint ListBytes = 32 << 10;

    private void FileSystemStatus()
    {
        var status = Load(Call.Handle, out var record);
        if (status != NfsStatus.Ok)
        {
            Refuse(status);
            return;
        }

        var (totalBytes, freeBytes) = service.Data.Room;
        var freeFiles = freeBytes / LeastFileBytes;
        var files = (long)_counters.Files;

        // Below a directory with a quota that is all there is.
        if (TryLoadQuota(record.QuotaTree, out var quota))
        {
            if (quota.LimitBytes > 0)
            {
                totalBytes = Math.Min(totalBytes, quota.LimitBytes);
                freeBytes = Math.Min(freeBytes, Math.Max(0, quota.LimitBytes - quota.UsedBytes));
                freeFiles = Math.Min(freeFiles, freeBytes / LeastFileBytes);
            }

            if (quota.LimitFiles > 0)
                freeFiles = Math.Min(freeFiles, Math.Max(0, quota.LimitFiles - quota.UsedFiles));
            files = quota.UsedFiles;
        }

        var writer = BeginResults(NfsStatus.Ok);
        WriteAttributes(ref writer, Call.Handle.Inode, record);
        writer.UInt64((ulong)totalBytes);
        writer.UInt64((ulong)freeBytes);
        writer.UInt64((ulong)freeBytes);
        writer.UInt64((ulong)(files + freeFiles));
        writer.UInt64((ulong)freeFiles);
        writer.UInt64((ulong)freeFiles);
        writer.UInt32(0);
        EndResults(writer);
    }

    private void FileSystemInformation()
    {
        const uint links = 1;
        const uint symbolicLinks = 2;
        const uint homogeneous = 8;
        const uint canSetTime = 16;
        var status = Load(Call.Handle, out var record);
        if (status != NfsStatus.Ok)
        {
            Refuse(status);
            return;
        }

        var writer = BeginResults(NfsStatus.Ok);
        WriteAttributes(ref writer, Call.Handle.Inode, record);
        for (var direction = 0; direction < 2; direction++)
        {
            // Most, preferred, and a multiple: reading and writing.
            writer.UInt32(NfsLimits.TransferBytes);
            writer.UInt32(NfsLimits.TransferBytes);
            writer.UInt32((uint)LeastFileBytes);
        }

        writer.UInt32(ListBytes);
        writer.UInt64(FileSpaces.MaximumFileBytes);
        new NfsTime(0, 1).Write(ref writer);
        writer.UInt32(links | symbolicLinks | homogeneous | canSetTime);
        EndResults(writer);
    }

    private void PathConfiguration()
    {
        var status = Load(Call.Handle, out var record);
        if (status != NfsStatus.Ok)
        {
            Refuse(status);
            return;
        }

        var writer = BeginResults(NfsStatus.Ok);
        WriteAttributes(ref writer, Call.Handle.Inode, record);
        writer.UInt32(MaximumLinks);
        writer.UInt32(MaximumNameBytes);
        writer.Boolean(true);   // names that are too long are refused, not cut
        writer.Boolean(true);   // only root gives files away
        writer.Boolean(false);  // case makes a difference
        writer.Boolean(true);   // and is kept
        EndResults(writer);
    }
}
