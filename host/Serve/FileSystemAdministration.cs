using Uss.NfsFrontend;
using Uss.NfsFrontend.Administration;
using Uss.Runtime;
using Uss.Volumes;
using Uss.WebUi.Contracts;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>What administrators want of file systems goes to their owners. All of it on the reactor.</summary>
internal static class FileSystemAdministration
{
    /// <summary>All quotas of a file system.</summary>
    public static async ValueTask<Result<IReadOnlyList<QuotaView>>> ListQuotasAsync(BlockNode block, NfsServer? nfs, string fileSystem)
    {
        var all = new List<QuotaView>();
        var from = 0UL;
        do
        {
            var answer = await AskAsync(block, nfs, fileSystem, new FileSystemRequest { Action = FileSystemAction.ListQuotas, From = from });
            if (!answer.IsOk)
                return answer.Fault;
            all.AddRange(answer.Value.Quotas.Select(View));
            from = answer.Value.Next;
        }
        while (from != 0);
        return Result<IReadOnlyList<QuotaView>>.Ok([.. all.OrderBy(quota => quota.Path, StringComparer.Ordinal)]);
    }

    /// <summary>Gives a directory a quota, or changes it; null when done.</summary>
    public static async ValueTask<Fault?> SetQuotaAsync(BlockNode block, NfsServer? nfs, string fileSystem, SetQuota quota)
    {
        var request = new FileSystemRequest
        {
            Action = FileSystemAction.SetQuota,
            Path = quota.Path,
            LimitBytes = quota.LimitBytes,
            LimitFiles = quota.LimitFiles,
        };
        return await AskAsync(block, nfs, fileSystem, request) is { IsOk: false, Fault: { } fault } ? fault : null;
    }

    /// <summary>Takes a quota away; null when done.</summary>
    public static async ValueTask<Fault?> RemoveQuotaAsync(BlockNode block, NfsServer? nfs, string fileSystem, string path)
    {
        var request = new FileSystemRequest { Action = FileSystemAction.RemoveQuota, Path = path };
        return await AskAsync(block, nfs, fileSystem, request) is { IsOk: false, Fault: { } fault } ? fault : null;
    }

    /// <summary>Begins a check, or shows how it stands.</summary>
    public static async ValueTask<Result<FileSystemCheckView>> CheckAsync(BlockNode block, NfsServer? nfs, string fileSystem, FileSystemAction action)
    {
        var answer = await AskAsync(block, nfs, fileSystem, new FileSystemRequest { Action = action });
        return answer.IsOk ? View(answer.Value.Check) : answer.Fault;
    }

    /// <summary>The directory of a file system that a path leads to.</summary>
    public static async ValueTask<Result<ExportTop>> FindDirectoryAsync(BlockNode block, NfsServer? nfs, string fileSystem, string path)
    {
        var answer = await AskAsync(block, nfs, fileSystem, new FileSystemRequest { Action = FileSystemAction.FindDirectory, Path = path });
        return answer switch
        {
            { IsOk: false } => answer.Fault,
            { Value.Directory: { } found } => new ExportTop { Inode = found.Inode, Generation = found.Generation },
            _ => Faults.FileSystemNotFound(fileSystem),
        };
    }

    private static async ValueTask<Result<FileSystemAnswer>> AskAsync(BlockNode block, NfsServer? nfs, string name, FileSystemRequest request)
    {
        if (block.FileSystems.All.FirstOrDefault(record => record.Name == name) is not { } found)
            return Faults.FileSystemNotFound(name);
        if (found.IsRemoving)
            return Faults.FileSystemRemoving(name);
        var answer = nfs is null ? null : await nfs.FileSystems.AdministerAsync((uint)found.Id, request);
        return answer ?? new Fault("file-system-busy", $"File system '{name}' is not known to this node yet.", "Wait a moment and try again.");
    }

    private static QuotaView View(QuotaItem quota) => new()
    {
        Path = quota.Path,
        LimitBytes = quota.LimitBytes == 0 ? null : quota.LimitBytes,
        LimitFiles = quota.LimitFiles == 0 ? null : quota.LimitFiles,
        UsedBytes = quota.UsedBytes,
        UsedFiles = quota.UsedFiles,
        State = quota.IsCounting ? "counting" : "whole",
    };

    private static FileSystemCheckView View(CheckItem? check) => check is null ? new FileSystemCheckView { State = "never" } : new FileSystemCheckView
    {
        State = check.Ended is null ? "running" : check.Fault is not null ? "failed" : check.Count > 0 ? "damaged" : "clean",
        Started = check.Started,
        Ended = check.Ended,
        Percent = check.Ended is not null ? 100 : check.TotalRecords == 0 ? null : Math.Min(99, 100.0 * check.Records / check.TotalRecords),
        Records = check.Records,
        Pages = check.Pages,
        IsOnline = check.IsOnline,
        Findings = check.Count,
        First = check.Findings,
        Problem = check.Fault is { } fault ? new ProblemItem(fault.Code, fault.Message, fault.Remedy) : null,
    };
}
