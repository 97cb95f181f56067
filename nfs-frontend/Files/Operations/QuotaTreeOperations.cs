using Uss.NfsFrontend.Metadata;

namespace Uss.NfsFrontend.Files;

/// <summary>
/// Has some entries of a directory count for the quota that the directory itself counts for, in place of another one or of none. What counts
/// for a third one is left alone, with all that is below it.
/// </summary>
internal sealed class MoveEntriesOperation(ulong directory, ulong cookie, ulong from, ulong to) : RecordOperation
{
    private const int EntriesAtOnce = 64;

    /// <summary>Directories among them, whose entries come next.</summary>
    public List<ulong> Directories { get; } = [];

    /// <summary>Where the directory goes on; null: it was the end.</summary>
    public ulong? Next { get; private set; }

    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        Directories.Clear();
        Next = null;
        if (!QuotaRecords.TryLoad(records, directory, out InodeRecord own) || !own.IsDirectory || own.QuotaTree != to)
            return;
        var (next, last) = (Keys.Entry(directory, cookie), Keys.Entry(directory, ulong.MaxValue));
        var count = 0;
        while (records.TryGetNext(next, last, out var key, out var value))
        {
            if (count++ == EntriesAtOnce)
            {
                Next = key.Low;
                return;
            }

            next = key with { Low = key.Low + 1 };
            if (EntryRecord.TryParse(value, out var inode, out _))
                Move(records, inode);
        }
    }

    private void Move(RecordTransaction records, ulong inode)
    {
        if (!QuotaRecords.TryLoad(records, inode, out InodeRecord record) || (record.QuotaTree != from && record.QuotaTree != to))
            return;
        if (record.QuotaTree == from)
            QuotaRecords.Move(records, inode, record, to);
        if (record.IsDirectory)
            Directories.Add(inode);
    }
}

/// <summary>Finds what a quota that is being counted, or given up, begins with.</summary>
internal sealed class FindQuotaTreeOperation(ulong directory) : RecordOperation
{
    /// <summary>There is such a quota, and it is not whole.</summary>
    public bool IsThere { get; private set; }

    /// <summary>The quota that is to be left; 0: none.</summary>
    public ulong From { get; private set; }

    /// <summary>The one that is to be joined; 0: none.</summary>
    public ulong To { get; private set; }

    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        var own = default(InodeRecord);
        IsThere = QuotaRecords.TryLoad(records, directory, out QuotaRecord quota) && quota.State != QuotaState.Whole
            && QuotaRecords.TryLoad(records, directory, out own);
        (From, To) = quota.State == QuotaState.Going ? (directory, own.QuotaTree) : (0, directory);
    }
}

/// <summary>Everything counts as it is to: a quota is whole, or gone.</summary>
internal sealed class EndQuotaTreeOperation(ulong directory) : RecordOperation
{
    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        if (!QuotaRecords.TryLoad(records, directory, out QuotaRecord quota))
            return;
        if (quota.State == QuotaState.Going)
        {
            records.Delete(Keys.Quota(directory));
            return;
        }

        quota.State = QuotaState.Whole;
        QuotaRecords.Store(records, directory, quota);
    }
}
