using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files;

// Quotas of directories. What is below such a directory names it, so that a change finds its quota without looking upwards; therefore nothing
// goes from one tree to another but by a copy.
internal sealed partial class FileOperation
{
    private bool TryLoadQuota(ulong tree, out QuotaRecord quota) => QuotaRecords.TryLoad(_records, tree, out quota);

    // Whether so much more may be taken; changes nothing.
    private NfsStatus CheckQuota(ulong tree, long bytes, long files) =>
        !TryLoadQuota(tree, out var quota) || quota.HasRoom(bytes, files) ? NfsStatus.Ok : NfsStatus.QuotaExceeded;

    // So much more, or less, is taken.
    private void Charge(ulong tree, long bytes, long files)
    {
        if ((bytes, files) == (0, 0) || !TryLoadQuota(tree, out var quota))
            return;
        quota.UsedBytes += bytes;
        quota.UsedFiles += files;
        QuotaRecords.Store(_records, tree, quota);
    }

    // What has no name any more counts no more, though it stays a while: who removes something has room at once. A quota goes with its
    // directory.
    private void Release(ulong inode, ref InodeRecord record)
    {
        if (record.QuotaTree == inode)
            _records.Delete(Keys.Quota(inode));
        else
            Charge(record.QuotaTree, -record.UsedBytes, -1);
        record.QuotaTree = 0;
    }

    // A directory that has a quota may be moved itself, to where there is none.
    private static bool IsSameTree(ulong inode, in InodeRecord record, in InodeRecord directory) =>
        (record.QuotaTree == inode ? 0 : record.QuotaTree) == directory.QuotaTree;
}
