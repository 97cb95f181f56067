using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Locks;
using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Owners;

/// <summary>Which files can be locked.</summary>
internal sealed class LockedFiles : ILockedFiles
{
    /// <inheritdoc/>
    public bool Exists(RecordTransaction records, ulong inode, uint generation) =>
        records.TryGet(Keys.Inode(inode), out var value)
        && InodeRecord.TryParse(value, out var record)
        && record.Generation == generation
        && record.Type == FileType.Regular;
}
