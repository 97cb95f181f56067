using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>
/// Reads everything that the superblock refers to and says what is wrong: pages that cannot be read or are not what the tree expects,
/// keys out of order, pages that are used twice, used and not marked, or marked and not used, and a log that ends too early.
/// </summary>
public sealed partial class MetadataCheck
{
    private const int MaximumTries = 20;

    private static readonly Fault Stopped = new(
        "metadata-check-stopped", "The check of the file system was stopped before its end.", "Check again.");

    private readonly IMetadataSpace _space;
    private readonly IRecordVisitor? _visitor;
    private MetadataCheckReport _report = new();
    private readonly List<ulong[]> _marked = [];
    private readonly List<ulong[]> _seen = [];
    private readonly Stack<PageBuffer> _buffers = new();
    private readonly Reactor _reactor = Reactor.Current;
    private MetadataSuperblock _superblock;
    private byte[] _slots = [];

    private MetadataCheck(IMetadataSpace space, IRecordVisitor? visitor) => (_space, _visitor) = (space, visitor);

    /// <summary>
    /// Checks the metadata on a space. A store that is open on it must not give out pages meanwhile: its
    /// <see cref="MetadataStore.CheckAsync"/> takes care of that.
    /// </summary>
    /// <param name="space">The space.</param>
    /// <param name="visitor">Sees all records; null: nobody looks at what they mean.</param>
    /// <returns>What was found, or the fault that stands in the way of any check.</returns>
    public static ValueTask<Result<MetadataCheckReport>> RunAsync(IMetadataSpace space, IRecordVisitor? visitor = null) =>
        RunAsync(space, hasLog: true, visitor);

    internal static async ValueTask<Result<MetadataCheckReport>> RunAsync(IMetadataSpace space, bool hasLog, IRecordVisitor? visitor)
    {
        var check = new MetadataCheck(space, visitor);
        var fault = await check.ReadAnchorsAsync();
        if (fault is null)
            await check.CheckAllAsync(hasLog);
        while (check._buffers.TryPop(out var buffer))
            buffer.Release();
        return fault is not null ? fault : visitor is { IsStopped: true } ? Stopped : check._report;
    }

    // The superblock and its bitmap, both of one generation.
    private async ValueTask<Fault?> ReadAnchorsAsync()
    {
        for (var tries = 0; tries < MaximumTries; tries++)
        {
            if (await ReadSuperblockAsync() is { } fault)
                return fault;
            await ReadBitmapAsync();
            var generation = _superblock.Generation;
            if (await ReadSuperblockAsync() is { } laterFault)
                return laterFault;
            if (_superblock.Generation == generation)
                return null;
        }

        return new Fault("metadata-busy", "The file system's metadata changes too fast to be checked.", "Try again.");
    }

    private async ValueTask<Fault?> ReadSuperblockAsync()
    {
        var buffer = RentPage();
        var status = await _space.ReadAsync(0, buffer.Slice(0, 2 * MetadataSuperblock.Size));
        var choice = status == RecordStatus.Ok ? SuperblockChoice.Choose(buffer.Slice().Span) : default;
        if (status == RecordStatus.Ok && choice.Fault is null)
        {
            _superblock = choice.Superblock;
            _slots = buffer.Slice(choice.Offset + MetadataSuperblock.SlotsOffset, MetadataSuperblock.SlotsBytes).Span.ToArray();
        }

        _buffers.Push(buffer);
        return status == RecordStatus.Ok
            ? choice.Fault
            : new Fault("metadata-lost", "The superblocks of the file system's metadata cannot be reached.", "Try again once the file system has an owner.");
    }

    private async ValueTask ReadBitmapAsync()
    {
        _report = new MetadataCheckReport();
        _marked.Clear();
        _seen.Clear();
        var buffer = RentPage();
        for (var block = 0; block < PageMap.BlocksFor(_superblock.NextPage); block++)
        {
            var words = new ulong[BitmapBlock.Words];
            var slice = buffer.Slice(0, BitmapBlock.Size);
            var slot = (_slots[block / 8] >> (block % 8)) & 1;
            var status = await _space.ReadAsync(MetadataLayout.BitmapOffset(_superblock.LogBytes, block, slot), slice);
            if (status != RecordStatus.Ok || !BitmapBlock.TryParse(slice.Span, block, _superblock.FileSystem, words))
                _report.Add($"Bitmap block {block}, slot {slot}, {(status == RecordStatus.Ok ? "is damaged" : "cannot be read")}.");
            _marked.Add(words);
            _seen.Add(new ulong[BitmapBlock.Words]);
        }

        _buffers.Push(buffer);
    }

    private async ValueTask CheckAllAsync(bool hasLog)
    {
        _report.Generation = _superblock.Generation;
        await CheckPageAsync(_superblock.Root, _superblock.RootLevel, default, RecordKey.Maximum);
        if (_visitor is { IsStopped: true })
            return;
        CheckBitmap();
        if (_report.Records != _superblock.Records)
            _report.Add($"The tree has {_report.Records} records, the superblock says {_superblock.Records}.");
        if (hasLog)
            await CheckLogAsync();
    }

    private void CheckBitmap()
    {
        for (var block = 0; block < _marked.Count; block++)
        {
            for (var word = 0; word < BitmapBlock.Words; word++)
            {
                var different = _marked[block][word] ^ _seen[block][word];
                for (; different != 0; different &= different - 1)
                {
                    var page = ((long)block * BitmapBlock.Pages) + (word * 64) + System.Numerics.BitOperations.TrailingZeroCount(different);
                    if ((_seen[block][word] >> (int)(page % 64) & 1) != 0)
                    {
                        _report.Add($"Page {page} is in the tree and not marked as used.");
                        continue;
                    }

                    _report.LeakedPages++;
                    _report.Add($"Page {page} is marked as used and not in the tree.");
                }
            }
        }
    }

    private async ValueTask CheckLogAsync()
    {
        var start = new LogPoint(
            _superblock.LogPosition, _superblock.NextSequence, _superblock.PreviousLife, _superblock.PreviousChecksum);
        using var reader = new LogReader(_reactor, _space, new LogRing(_superblock.LogBytes), _superblock.FileSystem, start);
        while (true)
        {
            if (await reader.ReadAsync() != RecordStatus.Ok)
            {
                _report.Add($"Commit {reader.Next.NextSequence} of the log cannot be read.");
                return;
            }

            if (!reader.HasCommit)
                break;
            _report.Commits++;
        }

        var (later, _) = await reader.FindLaterAsync();
        if (later != 0)
            _report.Add($"Commit {reader.Next.NextSequence} of the log is damaged: commit {later} behind it is whole.");
    }

    private PageBuffer RentPage() => _buffers.TryPop(out var buffer) ? buffer : _reactor.Buffers.Rent(Page.Size);
}
