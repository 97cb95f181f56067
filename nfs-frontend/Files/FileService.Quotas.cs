using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files;

// Quotas, for administrators.
public sealed partial class FileService
{
    private const int QuotasAtOnce = 256;
    private const long QuotaRetryNs = 100_000_000;

    /// <summary>
    /// Gives a directory and all below it a quota, or changes the one that it has. What it has already is counted in the background, and the
    /// limits hold meanwhile for what has been counted.
    /// </summary>
    /// <param name="directory">Its inode.</param>
    /// <param name="limitBytes">Most bytes; 0: any number; null: as it is. What is used already stays, when it is more.</param>
    /// <param name="limitFiles">Most files, directories and itself among them; 0: any number; null: as it is.</param>
    /// <returns>
    /// The answer counts where the status is <see cref="RecordStatus.Ok"/>: <see cref="NfsStatus.CrossDevice"/> when it lies below a
    /// directory that has one, <see cref="NfsStatus.TryLater"/> while its old one is being taken away, <see cref="NfsStatus.NotDirectory"/>,
    /// <see cref="NfsStatus.Stale"/>, <see cref="NfsStatus.Invalid"/> for limits below 0.
    /// </returns>
    public async ValueTask<(RecordStatus Status, NfsStatus Answer)> SetQuotaAsync(ulong directory, long? limitBytes, long? limitFiles)
    {
        var operation = new SetQuotaOperation(directory, limitBytes, limitFiles);
        var status = await _records.RunAsync(operation);
        if (status == RecordStatus.Ok && operation.BeginsToCount)
            _reactor.Spawn(CountAsync(directory));
        return (status, operation.Status);
    }

    /// <summary>Takes a quota away. That it counts no more is brought about in the background; its limits are gone at once.</summary>
    /// <param name="directory">Inode of its directory.</param>
    /// <returns>
    /// The answer counts where the status is <see cref="RecordStatus.Ok"/>: <see cref="NfsStatus.NoEntry"/> when there is none,
    /// <see cref="NfsStatus.TryLater"/> while it is being counted or taken away.
    /// </returns>
    public async ValueTask<(RecordStatus Status, NfsStatus Answer)> RemoveQuotaAsync(ulong directory)
    {
        var operation = new RemoveQuotaOperation(directory);
        var status = await _records.RunAsync(operation);
        if (status == RecordStatus.Ok && operation.Status == NfsStatus.Ok)
            _reactor.Spawn(CountAsync(directory));
        return (status, operation.Status);
    }

    /// <summary>All quotas by inode, each as it was at one moment.</summary>
    /// <param name="quotas">They are added here.</param>
    public async ValueTask<RecordStatus> ListQuotasAsync(List<DirectoryQuota> quotas)
    {
        var from = 0UL;
        while (true)
        {
            var count = quotas.Count;
            var status = await ListQuotasAsync(from, QuotasAtOnce, quotas);
            if (status != RecordStatus.Ok || quotas.Count < count + QuotasAtOnce)
                return status;
            from = quotas[^1].Directory + 1;
        }
    }

    /// <summary>Some quotas by inode, each as it was at one moment.</summary>
    /// <param name="from">The least inode.</param>
    /// <param name="most">Most of them.</param>
    /// <param name="quotas">They are added here.</param>
    public async ValueTask<RecordStatus> ListQuotasAsync(ulong from, int most, List<DirectoryQuota> quotas)
    {
        var operation = new ListQuotasOperation(from, most);
        var status = await _records.RunAsync(operation);
        if (status == RecordStatus.Ok)
            quotas.AddRange(operation.Found);
        return status;
    }

    // Goes through all below a directory, and has it count for the quota that the directory counts for now. What is made meanwhile counts for
    // what its directory counts for at that moment: rightly, or it is come across later. An owner that begins goes through all of it again.
    private async ValueTask CountAsync(ulong top)
    {
        _jobs++;
        while (!_isClosing && await TryCountAsync(top) is { } status and not RecordStatus.Ok and not RecordStatus.Lost)
            await _reactor.DelayAsync(QuotaRetryNs);
        _jobs--;
        RaiseChange();
    }

    private async ValueTask<RecordStatus> TryCountAsync(ulong top)
    {
        var find = new FindQuotaTreeOperation(top);
        var status = await _records.RunAsync(find);
        if (status != RecordStatus.Ok || !find.IsThere)
            return status;
        var directories = new Stack<ulong>([top]);
        while (directories.TryPop(out var directory))
        {
            for (ulong? cookie = 0; cookie is { } at;)
            {
                if (_isClosing)
                    return RecordStatus.Lost;
                var move = new MoveEntriesOperation(directory, at, find.From, find.To);
                status = await _records.RunAsync(move);
                if (status != RecordStatus.Ok)
                    return status;
                move.Directories.ForEach(directories.Push);
                cookie = move.Next;
            }
        }

        return await _records.RunAsync(new EndQuotaTreeOperation(top));
    }

    private async ValueTask ResumeCountsAsync()
    {
        _jobs++;
        var quotas = new List<DirectoryQuota>();
        while (!_isClosing && await ListQuotasAsync(quotas) is not RecordStatus.Ok and not RecordStatus.Lost)
        {
            quotas.Clear();
            await _reactor.DelayAsync(QuotaRetryNs);
        }

        foreach (var quota in quotas.Where(quota => quota.State != QuotaState.Whole))
            _reactor.Spawn(CountAsync(quota.Directory));
        _jobs--;
        RaiseChange();
    }
}
