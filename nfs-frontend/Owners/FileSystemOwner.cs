using Uss.NfsFrontend.Administration;
using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Locks;
using Uss.NfsFrontend.Metadata;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.NfsFrontend.Owners;

/// <summary>
/// One file system at this node as its owner: opened when the node becomes primary of the group that holds the metadata, dropped when it
/// ceases to be, and opened anew from what is durable.
/// </summary>
internal sealed class FileSystemOwner(
    BlockNode node, Reactor reactor, ulong space, IFileData data, ILockGrants grants, OwnerOptions options)
{
    private const long LookNs = 200_000_000;
    private const long RetryNs = 100_000_000;
    private const int DiscardBytes = 4 << 20;

    private readonly FileSystemAdministrator _administrator = new();
    private OwnedMetadata? _metadata;
    private MetadataStore? _records;
    private FileService? _service;
    private LockService? _locks;
    private bool _isClosing;
    private TaskCompletionSource? _ended;

    /// <summary>The file system, ready to be asked; null while this node does not own it or is still opening it.</summary>
    public FileService? Service => IsServing && !IsRemoving ? _service : null;

    /// <summary>Its locks, ready to be asked; null as <see cref="Service"/> is.</summary>
    public LockService? Locks => IsServing && !IsRemoving ? _locks : null;

    /// <summary>Why the file system cannot be opened though this node is its owner; null when nothing is wrong.</summary>
    public Fault? Fault { get; private set; }

    /// <summary>The file system is being removed: its owner gives back what it holds and serves nobody.</summary>
    public bool IsRemoving { get; set; }

    /// <summary>Its uppermost directory when it is used for the first time.</summary>
    public RootDirectory Root { get; init; } = RootDirectory.Default;

    /// <summary>Told when nothing is left of a file system that is being removed; true when that is noted.</summary>
    public Func<ValueTask<bool>>? Emptied { get; init; }

    /// <summary>Figures of the record store; null while this node does not own the file system.</summary>
    public MetadataFigures? Figures => IsServing ? _records!.Figures : null;

    private bool IsServing => _service is not null && !_metadata!.IsOver && !_records!.IsLost;

    /// <summary>Does what an administrator wants; null when this node does not own the file system.</summary>
    public ValueTask<FileSystemAnswer?> AdministerAsync(FileSystemRequest request) =>
        node.FindOwned(space) is null || IsRemoving
            ? new ValueTask<FileSystemAnswer?>((FileSystemAnswer?)null)
            : _administrator.CallAsync(request, Service, BeginCheck);

    /// <summary>Follows who owns the file system, and opens it whenever it is this node; ends when it is closed.</summary>
    public async ValueTask RunAsync()
    {
        _ended = new TaskCompletionSource();
        while (!_isClosing)
        {
            if (!IsServing)
            {
                await DropAsync();
                if (node.FindOwned(space) is { } owned && !await OpenAsync(new OwnedMetadata(owned)))
                    await reactor.DelayAsync(RetryNs);
            }
            else if (IsRemoving && await EmptyAsync())
            {
                break;
            }

            if (!_isClosing)
                await node.WaitForChangeAsync(LookNs);
        }

        await DropAsync();
        _ended.SetResult();
    }

    /// <summary>Stops: what is under way comes to its end, and the log is short for whoever opens the file system next.</summary>
    public async ValueTask CloseAsync()
    {
        _isClosing = true;
        if (_ended is { } ended)
            await ended.Task;
    }

    private async ValueTask<bool> OpenAsync(OwnedMetadata metadata)
    {
        var opened = await MetadataStore.OpenAsync(metadata, options.Metadata);
        if (!opened.IsOk && opened.Fault.Code == "metadata-unformatted" && await FormatAsync(metadata) == RecordStatus.Ok)
            opened = await MetadataStore.OpenAsync(metadata, options.Metadata);
        if (!opened.IsOk)
        {
            Fault = metadata.IsOver ? null : opened.Fault;
            return false;
        }

        var service = new FileService(opened.Value, data, reactor, options.Files with { Root = Root });
        if (await service.StartAsync() != RecordStatus.Ok)
        {
            await opened.Value.CloseAsync();
            return false;
        }

        (_metadata, _records, _service, Fault) = (metadata, opened.Value, service, null);
        _locks = new LockService(reactor, opened.Value, new LockedFiles(), grants);
        node.RaiseChange();
        return true;
    }

    // What is served, or what lies there where it cannot be opened.
    private FileSystemCheck? BeginCheck()
    {
        if (IsServing && _records is { } records)
            return new FileSystemCheck(records, _metadata!, () => _isClosing || _records != records);
        return Fault is not null && node.FindOwned(space) is { } owned
            ? new FileSystemCheck(store: null, new OwnedMetadata(owned), () => _isClosing || owned.IsOver)
            : null;
    }

    private ValueTask<RecordStatus> FormatAsync(OwnedMetadata metadata) =>
        MetadataStore.FormatAsync(metadata, new MetadataFormatOptions { FileSystem = space, LogBytes = options.LogBytes });

    // The contents of all files first, then the metadata from its end on: whoever goes on with it finds what is left to do.
    private async ValueTask<bool> EmptyAsync()
    {
        if (await _service!.EmptyAsync() != RecordStatus.Ok)
            return false;
        var (metadata, end) = (_metadata!, _records!.EndOffset);
        await DropAsync();
        for (var offset = end / DiscardBytes * DiscardBytes; offset >= 0; offset -= DiscardBytes)
        {
            if (await metadata.DiscardAsync(offset, DiscardBytes) != RecordStatus.Ok)
                return false;
        }

        return Emptied is null || await Emptied();
    }

    private async ValueTask DropAsync()
    {
        var (service, records) = (_service, _records);
        _locks?.Stop();
        (_service, _records, _metadata, _locks) = (null, null, null, null);
        if (service is not null)
            await service.CloseAsync();
        if (records is not null)
            await records.CloseAsync();
    }
}
