using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files;

// Quotas, for administrators.
public sealed partial class FileService
{
    private const int QuotasAtOnce = 256;

    /// <summary>Gives a directory and all below it a quota, or changes the one that it has.</summary>
    /// <param name="directory">Its inode.</param>
    /// <param name="limitBytes">Most bytes; 0: any number. What is used already stays, when it is more.</param>
    /// <param name="limitFiles">Most files, directories and itself among them; 0: any number.</param>
    /// <returns>
    /// The answer counts where the status is <see cref="RecordStatus.Ok"/>: <see cref="NfsStatus.NotEmpty"/> when it has no quota and has
    /// entries, <see cref="NfsStatus.CrossDevice"/> when it lies below a directory that has one, <see cref="NfsStatus.NotDirectory"/>,
    /// <see cref="NfsStatus.Stale"/>, <see cref="NfsStatus.Invalid"/> for limits below 0.
    /// </returns>
    public async ValueTask<(RecordStatus Status, NfsStatus Answer)> SetQuotaAsync(ulong directory, long limitBytes, long limitFiles)
    {
        var operation = new SetQuotaOperation(directory, limitBytes, limitFiles);
        var status = await _records.RunAsync(operation);
        return (status, operation.Status);
    }

    /// <summary>All quotas by inode, each as it was at one moment.</summary>
    /// <param name="quotas">They are added here.</param>
    public async ValueTask<RecordStatus> ListQuotasAsync(List<DirectoryQuota> quotas)
    {
        var from = 0UL;
        while (true)
        {
            var operation = new ListQuotasOperation(from, QuotasAtOnce);
            var status = await _records.RunAsync(operation);
            if (status != RecordStatus.Ok)
                return status;
            quotas.AddRange(operation.Found);
            if (operation.Found.Count < QuotasAtOnce)
                return status;
            from = operation.Found[^1].Directory + 1;
        }
    }
}
