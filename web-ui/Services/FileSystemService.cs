using Uss.Coordination;
using Uss.Runtime;
using Uss.Volumes;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>File systems, with the exports that name them.</summary>
/// <param name="node">The node.</param>
/// <param name="records">The records.</param>
/// <param name="exports">Shows exports.</param>
public sealed class FileSystemService(INode node, IRecordStore records, ExportService exports)
{
    private readonly RecordReader _reader = new(records);

    /// <summary>All file systems, by name.</summary>
    public async Task<Result<IReadOnlyList<FileSystemView>>> ListAsync()
    {
        var exported = await _reader.ExportsAsync();
        if (!exported.IsOk)
            return exported.Fault;
        var fileSystems = await node.ListFileSystemsAsync();
        return Result<IReadOnlyList<FileSystemView>>.Ok([.. fileSystems.Select(found => View(found, exported.Value))]);
    }

    /// <summary>One file system.</summary>
    public async Task<Result<FileSystemView>> GetAsync(string name)
    {
        var all = await ListAsync();
        if (!all.IsOk)
            return all.Fault;
        var found = all.Value.FirstOrDefault(fileSystem => fileSystem.Name == name);
        return found is null ? Faults.FileSystemNotFound(name) : found;
    }

    /// <summary>Creates an empty file system, which nobody can mount until it is exported.</summary>
    public async Task<Result<FileSystemView>> CreateAsync(CreateFileSystem request)
    {
        var copies = request.Copies ?? node.DefaultCopies;
        if (Names.CheckCopies(copies) is { } bad)
            return bad;
        if (request is { Pool: not null, Copies: not null })
            return Faults.Bad("pool", "A pool has its number of copies already.", "Give a pool or a number of copies, not both.");
        if (ModeOf(request.Mode) is not { } mode)
        {
            return Faults.Bad(
                "mode", $"'{request.Mode}' is no mode of a directory.", "Give permissions in octal, 0000 to 7777, for example 0755 or 1777.");
        }

        var root = new RootDirectory { Mode = mode, User = request.User, Group = request.Group };
        return await node.CreateFileSystemAsync(request.Name, copies, request.Pool, root) is { } fault ? fault : await GetAsync(request.Name);
    }

    /// <summary>Gives a file system another name; exports and clients do not notice.</summary>
    public async Task<Result<FileSystemView>> ChangeAsync(string name, ChangeFileSystem request) =>
        await node.RenameFileSystemAsync(name, request.Name) is { } fault ? fault : await GetAsync(request.Name);

    /// <summary>Begins to remove a file system that no export names, with all files in it.</summary>
    /// <param name="name">The file system.</param>
    /// <param name="confirm">Must repeat the name.</param>
    public async Task<Result<FileSystemView>> RemoveAsync(string name, string? confirm)
    {
        // Whoever exports it meanwhile changes the counter of exports.
        var counter = await _reader.ExportCounterAsync();
        if (!counter.IsOk)
            return counter.Fault;
        var present = await _reader.FileSystemsAsync();
        if (!present.IsOk)
            return present.Fault;
        var found = await GetAsync(name);
        if (!found.IsOk)
            return found.Fault;
        var exported = await _reader.ExportsAsync();
        if (!exported.IsOk)
            return exported.Fault;
        var named = exported.Value.Select(export => export.Record).Where(export => export.FileSystemId == found.Value.Id).ToList();
        if (named.Count > 0)
            return Faults.FileSystemExported(name, named);
        if (confirm != name)
            return Faults.ConfirmationRequired("file system", name);
        var unchanged = new Condition(RecordKeys.ExportCounter, counter.Value is [var last, ..] ? last.Revision : 0);

        // And it must be the one that was looked at: names move.
        var same = present.Value.Where(record => record.Record.Id == found.Value.Id).Select(record => new Condition(record.Key, record.Revision));
        if (await node.RemoveFileSystemAsync(name, [unchanged, .. same]) is { } fault)
            return fault;
        var going = await GetAsync(name);
        return going.IsOk ? going : found.Value with { State = "removing" };
    }

    private static int? ModeOf(string? text)
    {
        if (text is null)
            return RootDirectory.Default.Mode;
        var isOctal = text.Length is >= 3 and <= 5 && text.All(digit => digit is >= '0' and <= '7');
        return isOctal && Convert.ToInt32(text, 8) is <= RootDirectory.MaximumMode and var mode ? mode : null;
    }

    private FileSystemView View(NodeFileSystem found, IReadOnlyList<Revised<ExportRecord>> exported) => new()
    {
        Name = found.Name,
        Id = found.Id,
        Pool = found.Pool,
        Copies = found.Copies,
        State = found.State,
        Problem = found.Problem,
        UsedBytes = found.UsedBytes,
        FreeBytes = found.FreeBytes,
        Owner = found.Owner,
        Created = found.Created,
        Exports = [.. exported.Where(export => export.Record.FileSystemId == found.Id).Select(export => exports.View(export.Record, found.Name))],
    };
}
