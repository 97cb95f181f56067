using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>How a store begins.</summary>
public sealed partial class MetadataStore
{
    /// <summary>Makes an empty store, whatever was there. Nothing is there, for a later open, until this has ended.</summary>
    public static ValueTask<RecordStatus> FormatAsync(IMetadataSpace space, MetadataFormatOptions options) =>
        MetadataFormat.FormatAsync(Reactor.Current, space, options);

    /// <summary>Opens a store: reads its superblock and its bitmap, and applies what the log holds.</summary>
    /// <returns>
    /// The store, or a fault: <c>metadata-unformatted</c> when nothing was ever there, <c>metadata-version</c> when it was made by a newer
    /// program, <c>metadata-damaged</c> when something that was acknowledged cannot be read, <c>metadata-lost</c> when the space is
    /// not this node's any more or cannot be reached, <c>metadata-no-space</c> when the changes of the log do not fit.
    /// </returns>
    public static async ValueTask<Result<MetadataStore>> OpenAsync(IMetadataSpace space, MetadataOptions options)
    {
        var reactor = Reactor.Current;
        var block = reactor.Buffers.Rent(2 * MetadataSuperblock.Size);
        var opened = await OpenAsync(reactor, space, options, block);
        block.Release();
        return opened;
    }

    private static async ValueTask<Result<MetadataStore>> OpenAsync(
        Reactor reactor, IMetadataSpace space, MetadataOptions options, PageBuffer block)
    {
        var status = await space.ReadAsync(0, block.Slice(0, 2 * MetadataSuperblock.Size));
        if (status != RecordStatus.Ok)
            return FaultOf(status, "The superblocks");
        var found = SuperblockChoice.Choose(block.Slice().Span);
        if (found.Fault is { } fault)
            return fault;
        var store = new MetadataStore(reactor, space, options, found.Superblock);
        store._map.Open(found.Superblock.NextPage, block.Slice(found.Offset + MetadataSuperblock.SlotsOffset, MetadataSuperblock.SlotsBytes).Span);
        store._tree.Open(found.Superblock.Root, found.Superblock.RootLevel, found.Superblock.Records);
        store._cache.Open(found.Superblock.Generation + 1);
        if (await store.ReadBitmapAsync() is { } bitmapFault)
            return bitmapFault;
        if (await store.RecoverAsync() is { } logFault)
        {
            store._isLost = true;
            store._cache.Close();
            return logFault;
        }

        return store;
    }

    private static Fault FaultOf(RecordStatus status, string what) => status switch
    {
        RecordStatus.Lost => new Fault(
            "metadata-lost", $"{what} of the file system's metadata cannot be reached.", "Wait until its placement group has a primary."),
        RecordStatus.NoSpace => new Fault(
            "metadata-no-space", $"{what} of the file system's metadata needs more room than there is.", "Add disks, or delete data."),
        _ => Damaged($"{what} of the file system's metadata cannot be read."),
    };

    private static Fault Damaged(string message) => new("metadata-damaged", message, "Run `uss fs check` to see what is lost.");

    private async ValueTask<Fault?> ReadBitmapAsync()
    {
        var buffer = _reactor.Buffers.Rent(BitmapBlock.Size);
        var words = new ulong[BitmapBlock.Words];
        Fault? fault = null;
        for (var block = 0; block < PageMap.BlocksFor(_superblock.NextPage) && fault is null; block++)
        {
            var slice = buffer.Slice(0, BitmapBlock.Size);
            var status = await _space.ReadAsync(MetadataLayout.BitmapOffset(_superblock.LogBytes, block, _map.SlotOf(block)), slice);
            if (status != RecordStatus.Ok)
                fault = FaultOf(status, $"Bitmap block {block}");
            else if (!BitmapBlock.TryParse(slice.Span, block, FileSystem, words))
                fault = Damaged($"Bitmap block {block} of the file system's metadata is damaged.");
            else
                _map.AddBlock(words);
        }

        buffer.Release();
        if (fault is null && _map.UsedPages != _superblock.UsedPages)
            fault = Damaged($"The bitmap of the file system's metadata has {_map.UsedPages} pages in use, not {_superblock.UsedPages}.");
        return fault;
    }

    private async ValueTask<Fault?> RecoverAsync()
    {
        var ring = new LogRing(_superblock.LogBytes);
        var start = new LogPoint(
            _superblock.LogPosition, _superblock.NextSequence, _superblock.PreviousLife, _superblock.PreviousChecksum);
        using var reader = new LogReader(_reactor, _space, ring, FileSystem, start);
        while (true)
        {
            var status = await reader.ReadAsync();
            if (status != RecordStatus.Ok)
                return FaultOf(status, "The log");
            if (!reader.HasCommit)
                break;
            if (await ApplyCommitAsync(reader) is { } fault)
                return fault;
        }

        var (later, laterStatus) = await reader.FindLaterAsync();
        if (laterStatus != RecordStatus.Ok)
            return FaultOf(laterStatus, "The log");
        if (later != 0)
            return Damaged($"Commit {reader.Next.NextSequence} of the file system's metadata is damaged: commit {later} behind it is whole.");
        var settings = new CommitLogSettings
        {
            Reactor = _reactor,
            Space = _space,
            Ring = ring,
            FileSystem = FileSystem,
            NoSpaceRetryNs = _options.NoSpaceRetryNs,
            Progress = OnProgress,
            StopCheckpoints = StopCheckpoints,
            Fail = Fail,
        };
        _log = new CommitLog(settings, reader.Next, _superblock.LogPosition);
        if (_cache.DirtyPages > 0)
            ScheduleCheckpoint();
        return null;
    }

    // All changes of a commit may be applied again: a checkpoint in the middle of one refers to its start.
    private async ValueTask<Fault?> ApplyCommitAsync(LogReader reader)
    {
        var offset = 0;
        for (var record = 0; record < reader.Records; record++)
        {
            while (!TryApplyRecord(reader, ref offset, out var isDamaged))
            {
                if (isDamaged)
                    return Damaged($"Commit {reader.Start.NextSequence} of the file system's metadata makes no sense.");
                var status = await LoadForRecoveryAsync();
                if (status != RecordStatus.Ok)
                    return FaultOf(status, $"Page {_tree.Missing.Id}");
            }

            if (_cache.DirtyPages < _dirtyLimit)
                continue;
            FreezeCheckpoint(reader.Start);
            var written = await WriteCheckpointAsync();
            if (written != RecordStatus.Ok)
                return FaultOf(written, "A checkpoint");
        }

        return null;
    }

    private bool TryApplyRecord(LogReader reader, ref int offset, out bool isDamaged)
    {
        var left = reader.Payload[offset..];
        isDamaged = !LogRecord.TryTake(ref left, out var key, out var value, out var isDelete);
        if (isDamaged || !_tree.TryDescend(key))
            return false;
        ApplyToTree(key, value, isDelete);
        if (isDelete)
            _tree.Tidy(key);
        offset = reader.Payload.Length - left.Length;
        return true;
    }

    private async ValueTask<RecordStatus> LoadForRecoveryAsync()
    {
        var pins = RentPins();
        _missing.Clear();
        _missing.Add(new MissingPage(_tree.Missing, _tree.MissingLevel));
        var status = await LoadMissingAsync(pins);
        ReturnPins(pins);
        return status;
    }
}
