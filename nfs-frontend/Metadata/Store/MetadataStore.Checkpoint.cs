using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>
/// Checkpoints: the changed pages as they were at one moment go to places that nothing refers to, then the changed bitmap blocks to
/// their other slots, then the superblock makes all of it count. Operations go on meanwhile.
/// </summary>
public sealed partial class MetadataStore
{
    private const int Writers = 4;
    private const int GroupBytes = 1 << 20;
    private const long RetryIntervalNs = 100_000_000;

    private readonly List<BitmapWrite> _bitmapWrites = [];
    private PageBuffer? _superblockBuffer;
    private ReactorTimer? _quietTimer;
    private long _lastChangeNs;
    private int _nextFrozen;
    private long _checkpoints;
    private long _checkpointBytes;
    private long _discardedPages;
    private bool _isDiscarding;
    private bool _isCheckpointing;
    private bool _isCheckpointStarved;

    private readonly record struct BitmapWrite(long Offset, PageBuffer Buffer);

    // One that was given up for want of space, when the store is closing, leaves its pages frozen.
    private bool CanCheckpoint => !_isCheckpointing && _cache.Frozen.Count == 0;

    private void ScheduleCheckpoint()
    {
        _lastChangeNs = _reactor.MonotonicNs;
        if (_quietTimer is null && _options.QuietNs > 0)
            _quietTimer = _reactor.Schedule(_options.QuietNs, static store => ((MetadataStore)store!).OnQuiet(), this);
    }

    private void OnQuiet()
    {
        _quietTimer = null;
        if (_isLost || _isClosing || _cache.DirtyPages == 0)
            return;
        var left = _lastChangeNs + _options.QuietNs - _reactor.MonotonicNs;

        // A commit that finds no space can be withdrawn only as long as no checkpoint has it.
        if (left <= 0 && CanCheckpoint && !Log.IsStarved)
            StartCheckpoint();
        else
            _quietTimer = _reactor.Schedule(Math.Max(left, RetryIntervalNs), static store => ((MetadataStore)store!).OnQuiet(), this);
    }

    private void StartCheckpoint()
    {
        FreezeCheckpoint(Log.Freeze());
        _reactor.Spawn(RunCheckpointAsync());
    }

    private async ValueTask RunCheckpointAsync()
    {
        // Begun in the middle of an operation: no write may end before that has ended.
        await _reactor.YieldAsync();
        var status = await WriteCheckpointAsync();
        if (status is not (RecordStatus.Ok or RecordStatus.NoSpace))
            Fail(RecordStatus.Lost);
        _room.CompleteAll(_isLost ? RecordStatus.Lost : RecordStatus.Ok);
        await DiscardAsync();
    }

    // Room comes back when much more is free than checkpoints need. A discard that fails costs room and nothing else.
    private async ValueTask DiscardAsync()
    {
        if (_isDiscarding)
            return;
        _isDiscarding = true;
        while (!_isLost && !_isClosing && _map.TryTakeDiscard(out var first, out var count))
        {
            if (await _space.DiscardAsync(PageOffset(first), (long)count * Page.Size) == RecordStatus.Ok)
                _discardedPages += count;
        }

        _map.EndDiscard();
        _isDiscarding = false;
    }

    /// <summary>Takes everything as it is at this moment.</summary>
    /// <param name="log">Where the log goes on behind all changes so far.</param>
    private void FreezeCheckpoint(LogPoint log)
    {
        Invariant.Check(!_isCheckpointing);
        _isCheckpointing = true;
        _nextFrozen = 0;
        _superblock.Generation = _cache.Epoch;
        _superblock.Root = _tree.Root;
        _superblock.RootLevel = _tree.RootLevel;
        _superblock.NextPage = _map.NextPage;
        _superblock.UsedPages = _map.UsedPages;
        _superblock.Records = _tree.Records;
        _superblock.LogPosition = log.Position;
        _superblock.NextSequence = log.NextSequence;
        _superblock.PreviousLife = log.Life;
        _superblock.PreviousChecksum = log.Checksum;
        for (var block = 0; block < _map.Blocks; block++)
        {
            if (!_map.TakeChanged(block, out var slot, out var words))
                continue;
            var buffer = _reactor.Buffers.Rent(BitmapBlock.Size);
            var header = new BitmapBlock { Number = block, Generation = _cache.Epoch, FileSystem = FileSystem };
            header.Write(buffer.Slice(0, BitmapBlock.Size).Span, words);
            _bitmapWrites.Add(new BitmapWrite(MetadataLayout.BitmapOffset(_superblock.LogBytes, block, slot), buffer));
        }

        _superblockBuffer = _reactor.Buffers.Rent(MetadataSuperblock.Size);
        _superblock.Write(_superblockBuffer.Slice(0, MetadataSuperblock.Size).Span, _map.Slots);
        _map.Freeze();
        _cache.Freeze();
        _cache.Frozen.Sort(static (a, b) => a.Reference.Id.CompareTo(b.Reference.Id));
    }

    private async ValueTask<RecordStatus> WriteCheckpointAsync()
    {
        var position = _superblock.LogPosition;
        var sequence = _superblock.NextSequence;
        var pages = new List<ValueTask<RecordStatus>>(Writers);
        while (pages.Count < Math.Min(Writers, _cache.Frozen.Count))
            pages.Add(WritePagesAsync());
        var status = RecordStatus.Ok;
        foreach (var write in pages)
            status = Worse(status, await write);
        foreach (var write in _bitmapWrites)
        {
            if (status == RecordStatus.Ok)
                status = await WriteAsync(write.Offset, write.Buffer.Slice(0, BitmapBlock.Size));
            write.Buffer.Release();
        }

        _bitmapWrites.Clear();
        if (status == RecordStatus.Ok)
            status = await WriteAsync(MetadataLayout.SuperblockOffset(_superblock.Generation), _superblockBuffer!.Slice(0, MetadataSuperblock.Size));
        _superblockBuffer!.Release();
        _superblockBuffer = null;
        _isCheckpointing = false;
        _isCheckpointStarved = false;
        if (status != RecordStatus.Ok)
            return status;
        _checkpoints++;
        _cache.Thaw();
        _map.Thaw(Math.Max(_dirtyLimit * 4L, _map.UsedPages / 8));
        _log?.Release(position, sequence);
        return RecordStatus.Ok;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<RecordStatus> WritePagesAsync()
    {
        var buffer = _reactor.Buffers.Rent(Math.Min(GroupBytes, _cache.Frozen.Count * Page.Size));
        var status = RecordStatus.Ok;
        while (status == RecordStatus.Ok && TakeGroup(buffer, out var first, out var length))
            status = await WriteAsync(PageOffset(first), buffer.Slice(0, length));
        buffer.Release();
        return status;
    }

    // Pages that are neighbours in the space leave as one write.
    private bool TakeGroup(PageBuffer buffer, out long first, out int length)
    {
        first = 0;
        length = 0;
        while (_nextFrozen < _cache.Frozen.Count && length + Page.Size <= Math.Min(buffer.Capacity, GroupBytes))
        {
            var page = _cache.Frozen[_nextFrozen];
            var id = page.Reference.Id;
            if (length == 0)
                first = id;
            else if (id != first + (length / Page.Size) || id % MetadataLayout.PagesOfObject == 0)
                break;
            page.Page.Seal();
            page.Page.Whole.CopyTo(buffer.Slice(length, Page.Size).Span);
            length += Page.Size;
            _nextFrozen++;
        }

        return length > 0;
    }

    // Waits for space as long as the store is open: what is in the log is safe, and operations that only read go on.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<RecordStatus> WriteAsync(long offset, BufferSlice source)
    {
        while (!_isLost)
        {
            var status = await _space.WriteAsync(offset, source);
            if (status == RecordStatus.Ok)
            {
                _checkpointBytes += source.Length;
                _isCheckpointStarved = false;
            }

            if (status != RecordStatus.NoSpace || _isClosing || _log is null)
                return status;
            if (!_isCheckpointStarved)
            {
                _isCheckpointStarved = true;
                OnProgress();
            }

            await _reactor.DelayAsync(RetryIntervalNs);
        }

        return RecordStatus.Lost;
    }

    private static RecordStatus Worse(RecordStatus one, RecordStatus other) => one == RecordStatus.Ok ? other : one;
}
