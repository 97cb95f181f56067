using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Metadata;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.NfsFrontend.Owners;

/// <summary>
/// One file system at this node as its owner: opened when the node becomes primary of the group that holds the metadata, dropped when it
/// ceases to be, and opened anew from what is durable.
/// </summary>
internal sealed class FileSystemOwner(BlockNode node, Reactor reactor, ulong space, IFileData data, OwnerOptions options)
{
    private const long LookNs = 200_000_000;
    private const long RetryNs = 100_000_000;

    private OwnedMetadata? _metadata;
    private MetadataStore? _records;
    private FileService? _service;
    private bool _isClosing;
    private TaskCompletionSource? _ended;

    /// <summary>The file system, ready to be asked; null while this node does not own it or is still opening it.</summary>
    public FileService? Service => _service is not null && !_metadata!.IsOver && !_records!.IsLost ? _service : null;

    /// <summary>Why the file system cannot be opened though this node is its owner; null when nothing is wrong.</summary>
    public Fault? Fault { get; private set; }

    /// <summary>Follows who owns the file system, and opens it whenever it is this node; ends when it is closed.</summary>
    public async ValueTask RunAsync()
    {
        _ended = new TaskCompletionSource();
        while (!_isClosing)
        {
            if (Service is null)
            {
                await DropAsync();
                if (node.FindOwned(space) is { } owned && !await OpenAsync(new OwnedMetadata(owned)))
                    await reactor.DelayAsync(RetryNs);
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
        var hasPredecessor = opened.IsOk;
        if (!opened.IsOk && opened.Fault.Code == "metadata-unformatted" && await FormatAsync(metadata) == RecordStatus.Ok)
            opened = await MetadataStore.OpenAsync(metadata, options.Metadata);
        if (!opened.IsOk)
        {
            Fault = metadata.IsOver ? null : opened.Fault;
            return false;
        }

        var service = new FileService(opened.Value, data, reactor, options.Files with { HasPredecessor = hasPredecessor });
        if (await service.StartAsync() != RecordStatus.Ok)
        {
            await service.CloseAsync();
            await opened.Value.CloseAsync();
            return false;
        }

        (_metadata, _records, _service, Fault) = (metadata, opened.Value, service, null);
        node.RaiseChange();
        return true;
    }

    private ValueTask<RecordStatus> FormatAsync(OwnedMetadata metadata) =>
        MetadataStore.FormatAsync(metadata, new MetadataFormatOptions { FileSystem = space, LogBytes = options.LogBytes });

    private async ValueTask DropAsync()
    {
        var (service, records) = (_service, _records);
        (_service, _records, _metadata) = (null, null, null);
        if (service is not null)
            await service.CloseAsync();
        if (records is not null)
            await records.CloseAsync();
    }
}
