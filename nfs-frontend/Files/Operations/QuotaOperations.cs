using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files;

/// <summary>The quota of a directory and all below it.</summary>
/// <param name="Directory">Inode of the directory.</param>
/// <param name="LimitBytes">Most bytes; 0: any number.</param>
/// <param name="LimitFiles">Most files, directories among them; 0: any number.</param>
/// <param name="UsedBytes">Bytes that are used.</param>
/// <param name="UsedFiles">Files that there are.</param>
/// <param name="State">Whether that is all.</param>
public readonly record struct DirectoryQuota(
    ulong Directory, long LimitBytes, long LimitFiles, long UsedBytes, long UsedFiles, QuotaState State = QuotaState.Whole);

/// <summary>Reads and writes what quotas are made of.</summary>
internal static class QuotaRecords
{
    /// <summary>Loads an inode.</summary>
    public static bool TryLoad(RecordTransaction records, ulong inode, out InodeRecord record)
    {
        record = default;
        return records.TryGet(Keys.Inode(inode), out var value) && InodeRecord.TryParse(value, out record);
    }

    /// <summary>Loads a quota.</summary>
    public static bool TryLoad(RecordTransaction records, ulong directory, out QuotaRecord quota)
    {
        quota = default;
        return directory != 0 && records.TryGet(Keys.Quota(directory), out var value) && QuotaRecord.TryParse(value, out quota);
    }

    /// <summary>Stores a quota.</summary>
    public static void Store(RecordTransaction records, ulong directory, in QuotaRecord quota)
    {
        Span<byte> bytes = stackalloc byte[QuotaRecord.Size];
        quota.Write(bytes);
        records.Put(Keys.Quota(directory), bytes);
    }

    /// <summary>An inode counts for another quota from now on, or for none.</summary>
    public static void Move(RecordTransaction records, ulong inode, InodeRecord record, ulong tree)
    {
        Charge(records, record.QuotaTree, -record.UsedBytes, -1);
        Charge(records, tree, record.UsedBytes, 1);
        record.QuotaTree = tree;
        Span<byte> bytes = stackalloc byte[InodeRecord.Size];
        record.Write(bytes);
        records.Put(Keys.Inode(inode), bytes);
    }

    private static void Charge(RecordTransaction records, ulong tree, long bytes, long files)
    {
        if (!TryLoad(records, tree, out QuotaRecord quota))
            return;
        quota.UsedBytes += bytes;
        quota.UsedFiles += files;
        Store(records, tree, quota);
    }
}

/// <summary>Gives a directory a quota, or changes it. To have one for the first time it must not lie below another that has one.</summary>
internal sealed class SetQuotaOperation(ulong directory, long? limitBytes, long? limitFiles) : RecordOperation
{
    /// <summary>What came of it.</summary>
    public NfsStatus Status { get; private set; }

    /// <summary>What the directory has already is to be counted.</summary>
    public bool BeginsToCount { get; private set; }

    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        BeginsToCount = false;
        Status = Set(records);
    }

    private NfsStatus Set(RecordTransaction records)
    {
        if (limitBytes < 0 || limitFiles < 0)
            return NfsStatus.Invalid;
        if (!QuotaRecords.TryLoad(records, directory, out InodeRecord record) || record.Links == 0)
            return NfsStatus.Stale;
        if (!record.IsDirectory)
            return NfsStatus.NotDirectory;
        var isThere = QuotaRecords.TryLoad(records, directory, out QuotaRecord quota);
        if (isThere && quota.State == QuotaState.Going)
            return NfsStatus.TryLater;
        if (record.QuotaTree != 0 && record.QuotaTree != directory)
            return NfsStatus.CrossDevice;
        (quota.LimitBytes, quota.LimitFiles) = (limitBytes ?? quota.LimitBytes, limitFiles ?? quota.LimitFiles);
        if (!isThere)
        {
            BeginsToCount = records.TryGetNext(Keys.Entry(directory, 0), Keys.Entry(directory, ulong.MaxValue), out _, out _);
            quota.State = BeginsToCount ? QuotaState.Counting : QuotaState.Whole;
        }

        QuotaRecords.Store(records, directory, quota);
        if (!isThere)
            QuotaRecords.Move(records, directory, record, directory);
        return NfsStatus.Ok;
    }
}

/// <summary>Begins to take a quota away.</summary>
internal sealed class RemoveQuotaOperation(ulong directory) : RecordOperation
{
    /// <summary>What came of it.</summary>
    public NfsStatus Status { get; private set; }

    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        Status = Remove(records);
    }

    private NfsStatus Remove(RecordTransaction records)
    {
        if (!QuotaRecords.TryLoad(records, directory, out QuotaRecord quota))
            return NfsStatus.NoEntry;
        if (quota.State != QuotaState.Whole)
            return NfsStatus.TryLater;
        if (!QuotaRecords.TryLoad(records, directory, out InodeRecord record))
            return NfsStatus.Stale;
        (quota.State, quota.LimitBytes, quota.LimitFiles) = (QuotaState.Going, 0, 0);
        QuotaRecords.Store(records, directory, quota);
        var above = directory != FileService.RootInode && QuotaRecords.TryLoad(records, record.Parent, out InodeRecord parent) ? parent.QuotaTree : 0;
        QuotaRecords.Move(records, directory, record, above);
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
                Found.Add(new DirectoryQuota(key.Low, quota.LimitBytes, quota.LimitFiles, quota.UsedBytes, quota.UsedFiles, quota.State));
            next = key with { Low = key.Low + 1 };
        }
    }
}
