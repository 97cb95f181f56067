using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>
/// The records of one file system on its metadata space: a log that makes transactions durable, and a B-tree, copied on write, that
/// checkpoints bring up to date. Belongs to the reactor that opened it.
/// </summary>
public sealed partial class MetadataStore : IRecordStore
{
    private const long PollNs = 100_000;
    private const int MinimumCachePages = 32;

    private readonly Reactor _reactor;
    private readonly IMetadataSpace _space;
    private readonly MetadataOptions _options;
    private readonly PageMap _map = new();
    private readonly PageCache _cache;
    private readonly RecordTree _tree;
    private readonly StoreTransaction _transaction;
    private readonly WaiterQueue _room = new();
    private readonly int _dirtyLimit;
    private MetadataSuperblock _superblock;
    private CommitLog? _log;
    private long _appliedRecords;
    private int _runningOperations;
    private bool _isClosing;
    private bool _isLost;
    private bool _hasFailed;

    private MetadataStore(Reactor reactor, IMetadataSpace space, MetadataOptions options, in MetadataSuperblock superblock)
    {
        _reactor = reactor;
        _space = space;
        _options = options;
        _superblock = superblock;
        var capacity = Math.Max((int)Math.Min(options.CacheBytes / Page.Size, int.MaxValue), MinimumCachePages);
        _dirtyLimit = capacity / 3;
        _cache = new PageCache(reactor, _map, superblock.FileSystem, capacity);
        _tree = new RecordTree(_cache);
        _transaction = new StoreTransaction(_tree);
    }

    /// <summary>Identity of the file system.</summary>
    public ulong FileSystem => _superblock.FileSystem;

    /// <summary>Most bytes of one transaction: 20 for each record, and the values.</summary>
    public int MaximumTransactionBytes => Log.MaximumTransactionBytes;

    /// <summary>True once the space was lost, or a write failed: every operation ends with <see cref="RecordStatus.Lost"/>.</summary>
    public bool IsLost => _isLost;

    /// <summary>Where the space ends that the store has ever used, in bytes.</summary>
    public long EndOffset => MetadataLayout.PageOffset(_superblock.LogBytes, _map.NextPage);

    /// <summary>Figures for people.</summary>
    public MetadataFigures Figures => new()
    {
        Records = _tree.Records,
        UsedPages = _map.UsedPages,
        AppliedRecords = _appliedRecords,
        LogBytes = Log.WrittenBytes,
        Commits = Log.Commits,
        CacheBytes = _cache.Bytes,
        Misses = _cache.Misses,
        Checkpoints = _checkpoints,
        CheckpointBytes = _checkpointBytes,
        DiscardedPages = _discardedPages,
    };

    private CommitLog Log => _log!;

    /// <summary>Ends what runs, writes a checkpoint, and gives all memory back. Nothing may be begun any more.</summary>
    /// <returns>Ok when the checkpoint is durable. Without one nothing is lost either: the next open reads the log.</returns>
    public async ValueTask<RecordStatus> CloseAsync()
    {
        Invariant.Check(!_isClosing);
        _isClosing = true;

        // Whoever hears of a lost store may close it at once, in the middle of what tells others.
        await _reactor.YieldAsync();
        while (!_isLost && (_runningOperations > 0 || Log.HasPending || _isCheckpointing))
            await _reactor.DelayAsync(PollNs);
        var status = RecordStatus.Lost;
        if (!_isLost)
        {
            status = CanCheckpoint ? RecordStatus.Ok : RecordStatus.NoSpace;
            if (_cache.DirtyPages > 0 && CanCheckpoint)
            {
                FreezeCheckpoint(Log.Freeze());
                status = await WriteCheckpointAsync();
            }
        }

        Log.Stop();
        while (!Log.IsStopped || _runningOperations > 0 || _isCheckpointing || _isDiscarding)
            await _reactor.DelayAsync(PollNs);
        _quietTimer?.Cancel();
        _cache.Close();
        Log.Close();
        return status;
    }

    /// <summary>Nothing that is in memory counts any more.</summary>
    private void Fail(RecordStatus status)
    {
        _isLost = true;
        if (_hasFailed)
            return;
        _hasFailed = true;
        Log.Fail(status);
        _room.CompleteAll(RecordStatus.Lost);
    }

    private bool StopCheckpoints()
    {
        _isLost = true;
        return !_isCheckpointing;
    }

    private void OnProgress() => _room.CompleteAll(RecordStatus.Ok);
}
