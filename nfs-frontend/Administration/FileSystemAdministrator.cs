using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;
using Uss.Runtime;

namespace Uss.NfsFrontend.Administration;

/// <summary>Does at the owner of a file system what administrators want of it.</summary>
internal sealed class FileSystemAdministrator
{
    private const int QuotasAtOnce = 32;

    private FileSystemCheck? _check;

    /// <summary>Does it; null when the owner has ceased to be one.</summary>
    /// <param name="request">What is wanted.</param>
    /// <param name="service">The file system; null: it cannot be opened.</param>
    /// <param name="beginCheck">Makes a check; null: there is nothing that could be checked.</param>
    public async ValueTask<FileSystemAnswer?> CallAsync(FileSystemRequest request, FileService? service, Func<FileSystemCheck?> beginCheck)
    {
        switch (request.Action)
        {
            case FileSystemAction.StartCheck:
                return StartCheck(beginCheck);
            case FileSystemAction.ShowCheck:
                return new FileSystemAnswer { Check = _check?.Describe() };
            case var _ when service is null:
                return null;
            case FileSystemAction.ListQuotas:
                return await ListAsync(service, request.From);
            case FileSystemAction.FindDirectory:
                return await FindAsync(service, request.Path);
            case FileSystemAction.SetQuota:
            case FileSystemAction.RemoveQuota:
                return await ChangeAsync(service, request);
            default:
                return Refused("request-unknown", "The node that owns the file system does not know what is wanted.", "Bring all nodes to the same version.");
        }
    }

    private FileSystemAnswer? StartCheck(Func<FileSystemCheck?> beginCheck)
    {
        if (_check is not { IsRunning: true })
        {
            if (beginCheck() is not { } check)
                return null;
            _check = check;
            Reactor.Current.Spawn(check.RunAsync());
        }

        return new FileSystemAnswer { Check = _check.Describe() };
    }

    private static async ValueTask<FileSystemAnswer?> ListAsync(FileService service, ulong from)
    {
        var found = new List<DirectoryQuota>();
        if (await service.ListQuotasAsync(from, QuotasAtOnce, found) != RecordStatus.Ok)
            return null;
        var items = new List<QuotaItem>(found.Count);
        foreach (var quota in found)
        {
            var path = await service.PathOfAsync(quota.Directory);
            items.Add(new QuotaItem(
                path, quota.Directory, quota.LimitBytes, quota.LimitFiles, quota.UsedBytes, quota.UsedFiles, quota.State != QuotaState.Whole));
        }

        return new FileSystemAnswer { Quotas = items, Next = found.Count == QuotasAtOnce ? found[^1].Directory + 1 : 0 };
    }

    private static async ValueTask<FileSystemAnswer?> FindAsync(FileService service, string path)
    {
        var (status, answer, inode, generation) = await service.FindDirectoryAsync(path);
        return status == RecordStatus.Ok && answer == NfsStatus.Ok
            ? new FileSystemAnswer { Directory = new DirectoryItem(inode, generation) }
            : AnswerOf(status, answer, path);
    }

    private static async ValueTask<FileSystemAnswer?> ChangeAsync(FileService service, FileSystemRequest request)
    {
        var (status, answer, inode, _) = await service.FindDirectoryAsync(request.Path);
        if (status == RecordStatus.Ok && answer == NfsStatus.Ok)
        {
            (status, answer) = request.Action == FileSystemAction.SetQuota
                ? await service.SetQuotaAsync(inode, request.LimitBytes, request.LimitFiles)
                : await service.RemoveQuotaAsync(inode);
            if (request.Action == FileSystemAction.RemoveQuota && answer == NfsStatus.NoEntry)
                return Refused("quota-not-found", $"Directory {request.Path} has no quota of its own.", "See those that there are: `uss fs quota ls`.");
        }

        return AnswerOf(status, answer, request.Path);
    }

    private static FileSystemAnswer? AnswerOf(RecordStatus status, NfsStatus answer, string path) => status switch
    {
        RecordStatus.Ok => AnswerOf(answer, path),
        RecordStatus.NoSpace => Refused("pool-full", "The pool is full: nothing was changed.", "Free space or add disks, see `uss pool ls`."),
        RecordStatus.Damaged => Refused("file-system-damaged", "Metadata of the file system cannot be read.", "See what is wrong: `uss fs check`."),
        _ => null,
    };

    private static FileSystemAnswer AnswerOf(NfsStatus answer, string path) => answer switch
    {
        NfsStatus.Ok => new FileSystemAnswer(),
        NfsStatus.NoEntry or NfsStatus.Stale => Refused(
            "directory-not-found", $"There is no directory {path} in the file system.", "Give its path from the file system's top, without symbolic links."),
        NfsStatus.NotDirectory => Refused("bad-directory", $"{path} is no directory.", "Give the path of a directory."),
        NfsStatus.CrossDevice => Refused(
            "quota-conflict", $"Directory {path} lies below one that has a quota.", "Change that one, or take it away first: `uss fs quota ls`."),
        NfsStatus.TryLater => Refused(
            "quota-busy", $"The quota of {path} is still being counted or taken away.", "Wait until `uss fs quota ls` does not say so any more."),
        _ => Refused("bad-quota", $"A quota of {path} cannot have these limits.", "Give numbers that are not below 0; 0 is no limit."),
    };

    private static FileSystemAnswer Refused(string code, string message, string remedy) => new() { Fault = new Fault(code, message, remedy) };
}
