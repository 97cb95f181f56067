using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files;

/// <summary>The quota of a directory and all below it.</summary>
/// <param name="Directory">Inode of the directory.</param>
/// <param name="LimitBytes">Most bytes; 0: any number.</param>
/// <param name="LimitFiles">Most files, directories among them; 0: any number.</param>
/// <param name="UsedBytes">Bytes that are used.</param>
/// <param name="UsedFiles">Files that there are.</param>
public readonly record struct DirectoryQuota(ulong Directory, long LimitBytes, long LimitFiles, long UsedBytes, long UsedFiles);

/// <summary>Gives a directory a quota, or changes it. To have one for the first time it must be empty and below no other that has one.</summary>
internal sealed class SetQuotaOperation(ulong directory, long limitBytes, long limitFiles) : RecordOperation
{
    /// <summary>What came of it.</summary>
    public NfsStatus Status { get; private set; }

    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        Status = Set(records);
    }

    private NfsStatus Set(RecordTransaction records)
    {
        if (limitBytes < 0 || limitFiles < 0)
            return NfsStatus.Invalid;
        if (!records.TryGet(Keys.Inode(directory), out var value) || !InodeRecord.TryParse(value, out var record))
            return NfsStatus.Stale;
        if (!record.IsDirectory)
            return NfsStatus.NotDirectory;
        if (record.QuotaTree != 0 && record.QuotaTree != directory)
            return NfsStatus.CrossDevice;
        var isThere = records.TryGet(Keys.Quota(directory), out value) & QuotaRecord.TryParse(value, out var quota);
        if (!isThere)
        {
            if (records.TryGetNext(Keys.Entry(directory, 0), Keys.Entry(directory, ulong.MaxValue), out _, out _))
                return NfsStatus.NotEmpty;
            (quota.UsedBytes, quota.UsedFiles) = (record.UsedBytes, 1);
            record.QuotaTree = directory;
            Span<byte> inode = stackalloc byte[InodeRecord.Size];
            record.Write(inode);
            records.Put(Keys.Inode(directory), inode);
        }

        (quota.LimitBytes, quota.LimitFiles) = (limitBytes, limitFiles);
        Span<byte> bytes = stackalloc byte[QuotaRecord.Size];
        quota.Write(bytes);
        records.Put(Keys.Quota(directory), bytes);
        return NfsStatus.Ok;
    }
}

/// <summary>Lists quotas, some at a time.</summary>
internal sealed class ListQuotasOperation(ulong from, int most) : RecordOperation
{
    /// <summary>What was found, by inode.</summary>
    public List<DirectoryQuota> Found { get; } = [];

    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        Found.Clear();
        var (next, last) = (Keys.Quota(from), Keys.Quota(ulong.MaxValue));
        while (Found.Count < most && records.TryGetNext(next, last, out var key, out var value))
        {
            if (QuotaRecord.TryParse(value, out var quota))
                Found.Add(new DirectoryQuota(key.Low, quota.LimitBytes, quota.LimitFiles, quota.UsedBytes, quota.UsedFiles));
            next = key with { Low = key.Low + 1 };
        }
    }
}
