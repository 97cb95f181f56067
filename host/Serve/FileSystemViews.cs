using Uss.NfsFrontend;
using Uss.Volumes;
using Uss.WebUi.Contracts;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>File systems as the services show them.</summary>
internal static class FileSystemViews
{
    /// <summary>All file systems, by name. On the reactor.</summary>
    /// <param name="block">The block layer.</param>
    /// <param name="nfs">The front-end; null while it does not run.</param>
    public static IReadOnlyList<NodeFileSystem> Of(BlockNode block, NfsServer? nfs) =>
        [.. block.FileSystems.All.Select(record => Of(record, block, nfs))];

    private static NodeFileSystem Of(FileSystemRecord record, BlockNode block, NfsServer? nfs)
    {
        var pool = block.Pools.FirstOrDefault(known => known.Record.Id == record.Pool)?.Record;
        var owner = block.OwnerOf(BlockNode.MetadataSpaceOf(record.Pool, record.Id));
        var problem = record.IsRemoving ? null : ProblemOf(record, owner, nfs);
        return new NodeFileSystem
        {
            Name = record.Name,
            Id = record.Id,
            Pool = pool?.Name ?? "",
            Copies = pool?.Copies ?? 0,
            State = record.IsRemoving ? "removing" : problem is null ? "healthy" : "failed",
            Problem = problem,
            UsedBytes = block.UsedBytesOf(record),
            FreeBytes = block.RoomOf(record.Pool).FreeBytes,
            Owner = owner,
            Created = record.CreatedAt,
        };
    }

    private static ProblemItem? ProblemOf(FileSystemRecord record, string? owner, NfsServer? nfs)
    {
        if (owner is null)
        {
            return new ProblemItem(
                "file-system-failed",
                $"File system '{record.Name}' is not served: the placement group that holds its metadata does not serve.",
                "Wait a moment: another node takes it over. If it stays so, see `uss health` for what is away.");
        }

        return nfs?.FileSystems.FaultOf((uint)record.Id) is { } fault
            ? new ProblemItem("file-system-failed", $"File system '{record.Name}' is not served: {fault.Message}", fault.Remedy)
            : null;
    }
}
