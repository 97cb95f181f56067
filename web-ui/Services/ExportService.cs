using System.Net;
using System.Net.Sockets;
using Uss.Coordination;
using Uss.Runtime;
using Uss.Volumes;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>Which file systems NFS clients can mount under which paths, and who may.</summary>
/// <param name="node">The node.</param>
/// <param name="records">The records.</param>
/// <param name="access">Applies changes to the NFS server.</param>
/// <param name="time">Tells when an export was created.</param>
public sealed class ExportService(INode node, IRecordStore records, AccessService access, TimeProvider time)
{
    private readonly RecordReader _reader = new(records);

    /// <summary>All exports, by path.</summary>
    public async Task<Result<IReadOnlyList<ExportView>>> ListAsync()
    {
        var exports = await _reader.ExportsAsync();
        var fileSystems = await _reader.FileSystemsAsync();
        return (exports.Fault ?? fileSystems.Fault) is { } unread
            ? unread
            : Result<IReadOnlyList<ExportView>>.Ok([.. exports.Value!.Select(export => View(export.Record, NameOf(export.Record, fileSystems.Value!)))]);
    }

    /// <summary>One export.</summary>
    public async Task<Result<ExportView>> GetAsync(string path)
    {
        path = ExportRules.FoldPath(path);
        var exports = await ListAsync();
        if (!exports.IsOk)
            return exports.Fault;
        var found = exports.Value.FirstOrDefault(export => export.Path == path);
        return found is null ? Faults.ExportNotFound(path) : found;
    }

    /// <summary>Who has mounted what through this node.</summary>
    public Task<IReadOnlyList<NfsClientView>> ClientsAsync() => node.ListNfsClientsAsync();

    /// <summary>Exports a file system under one more path.</summary>
    public async Task<Result<ExportView>> CreateAsync(CreateExport request)
    {
        var path = ExportRules.FoldPath(request.Path);
        if (ExportRules.CheckPath(path) is { } bad)
            return bad;
        var rules = ExportRules.Read(request.Rules ?? []);
        if (!rules.IsOk)
            return rules.Fault;
        var directory = ExportRules.FoldPath(request.Directory ?? "/");
        ExportTop? top = null;
        if (directory != "/")
        {
            var found = await node.FindDirectoryAsync(request.FileSystem, directory);
            if (!found.IsOk)
                return found.Fault;
            top = found.Value;
        }

        var record = new ExportRecord
        {
            Id = 0,
            Path = path,
            FileSystemId = 0,
            Directory = top is null ? null : directory,
            Top = top,
            Rules = rules.Value,
            ShowsVolumes = request.ShowsVolumes,
            Created = time.GetUtcNow(),
        };
        return await AppliedAsync(await _reader.ChangeAsync(() => DecideAsync(record, request.FileSystem)));
    }

    /// <summary>Changes the rules of an export; they hold for the next request of each client.</summary>
    public Task<Result<ExportView>> ChangeAsync(string path, ChangeExport request) => EditAsync(path, present =>
    {
        var rules = ExportRules.Change(present, request);
        return rules.IsOk ? present with { Rules = rules.Value } : rules.Fault;
    });

    /// <summary>Takes an export away: what clients have mounted by it is stale from then on. The file system stays.</summary>
    /// <param name="path">The export.</param>
    /// <param name="confirm">Must repeat the path.</param>
    public Task<Result<ExportView>> RemoveAsync(string path, string? confirm) => EditAsync(path, present =>
        confirm is not null && ExportRules.FoldPath(confirm) == present.Path
            ? Result<ExportRecord?>.Ok(null)
            : Faults.ConfirmationRequired("export", present.Path) with
            {
                Message = $"Clients that have mounted '{present.Path}' lose it for good, even if it is exported again; this was not confirmed.",
            });

    /// <summary>An export as the API shows it.</summary>
    /// <param name="record">Its record.</param>
    /// <param name="fileSystem">Name of its file system.</param>
    internal ExportView View(ExportRecord record, string fileSystem) => new()
    {
        Path = record.Path,
        Id = record.Id,
        FileSystem = fileSystem,
        Directory = record.Directory,
        ShowsVolumes = record.ShowsVolumes,
        Rules = [.. record.Rules.Select(ExportRules.View)],
        Mount = MountLine(node.NfsAddresses, record.Path),
        Created = record.Created,
    };

    /// <summary>How Linux mounts an export; null when nobody listens.</summary>
    /// <param name="listening">Where the NFS server listens.</param>
    /// <param name="path">The export.</param>
    public static string? MountLine(IReadOnlyList<string> listening, string path)
    {
        if (listening.Count == 0 || !Endpoint.TryParse(listening[0], out var endpoint))
            return null;
        var host = endpoint.Address.Equals(IPAddress.Any) || endpoint.Address.Equals(IPAddress.IPv6Any) ? "ADDRESS"
            : endpoint.Address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{endpoint.Address}]"
            : $"{endpoint.Address}";
        var proto = endpoint.Address.AddressFamily == AddressFamily.InterNetworkV6 ? "tcp6" : "tcp";
        return $"mount -t nfs -o vers=3,proto={proto},port={endpoint.Port},mountport={endpoint.Port},nolock {host}:{path} /mnt";
    }

    // Whoever removes the file system meanwhile changes its record; whoever makes another export changes the counter.
    private async Task<Result<Decision<ExportRecord>>> DecideAsync(ExportRecord wanted, string fileSystem)
    {
        var counter = await _reader.ExportCounterAsync();
        var exports = await _reader.ExportsAsync();
        var fileSystems = await _reader.FileSystemsAsync();
        if ((counter.Fault ?? exports.Fault ?? fileSystems.Fault) is { } unread)
            return unread;
        var home = fileSystems.Value!.FirstOrDefault(candidate => candidate.Record.Name == fileSystem);
        if (home is null)
            return Faults.FileSystemNotFound(fileSystem);
        if (home.Record.IsRemoving)
            return Faults.FileSystemRemoving(fileSystem);
        var key = ExportRecord.KeyOf(wanted.Path);
        if (exports.Value!.FirstOrDefault(export => export.Key == key) is { } taken)
            return Faults.ExportExists(taken.Record, NameOf(taken.Record, fileSystems.Value!));
        var last = counter.Value! is [var present, ..] ? present : null;
        var record = wanted with { Id = last?.Record.Next ?? 1, FileSystemId = home.Record.Id };
        if (record.Id > ExportRecord.HighestId)
            return Faults.ExportsExhausted;
        var next = new ExportCounterRecord { Next = record.Id + 1 };
        return new Decision<ExportRecord>(
            record,
            [new Condition(key, 0), new Condition(home.Key, home.Revision), new Condition(RecordKeys.ExportCounter, last?.Revision ?? 0)],
            [Put(record), new Change(RecordKeys.ExportCounter, CoordinationJson.Write(next, RecordJson.Default.ExportCounterRecord))]);
    }

    // Null in place of the edited record takes it away.
    private async Task<Result<ExportView>> EditAsync(string path, Func<ExportRecord, Result<ExportRecord?>> edit)
    {
        var key = ExportRecord.KeyOf(ExportRules.FoldPath(path));
        return await AppliedAsync(await _reader.ChangeAsync<ExportRecord>(async () =>
        {
            var exports = await _reader.ExportsAsync();
            if (!exports.IsOk)
                return exports.Fault;
            var present = exports.Value.FirstOrDefault(export => export.Key == key);
            if (present is null)
                return Faults.ExportNotFound(ExportRules.FoldPath(path));
            var edited = edit(present.Record);
            if (!edited.IsOk && edited.Fault is { } refused)
                return refused;
            return new Decision<ExportRecord>(
                edited.Value ?? present.Record,
                [new Condition(key, present.Revision)],
                [edited.Value is { } changed ? Put(changed) : new Change(key, null)]);
        }));
    }

    private static Change Put(ExportRecord record) =>
        new(ExportRecord.KeyOf(record.Path), CoordinationJson.Write(record, RecordJson.Default.ExportRecord));

    private async Task<Result<ExportView>> AppliedAsync(Result<ExportRecord> changed)
    {
        if (!changed.IsOk)
            return changed.Fault;
        if (await access.ApplyExportsAsync() is { } fault)
            return fault;
        var fileSystems = await _reader.FileSystemsAsync();
        return fileSystems.IsOk ? View(changed.Value, NameOf(changed.Value, fileSystems.Value)) : fileSystems.Fault;
    }

    // A file system that is exported has a record: whoever removes it looks first.
    private static string NameOf(ExportRecord export, IReadOnlyList<Revised<FileSystemRecord>> fileSystems) =>
        fileSystems.FirstOrDefault(candidate => candidate.Record.Id == export.FileSystemId)?.Record.Name ?? "";
}
