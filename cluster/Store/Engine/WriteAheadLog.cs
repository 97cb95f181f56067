namespace Uss.Store;

/// <summary>
/// The log ring: collects changes into batches, writes a batch while the one before it is being flushed, and commits
/// batches in order, one flush for all that are ready.
/// </summary>
/// <remarks>
/// A batch commits when its log write and the data writes of its members have finished and a flush that started after
/// that has finished. Only then do its records change the maps, and only then are callers told. What a batch's header
/// calls the barrier is the last batch that was committed when it was sealed.
/// </remarks>
internal sealed partial class WriteAheadLog
{
    // One batch under its flush and one in its log write: more would only make batches smaller.
    private const int MaximumSealed = 2;

    // An eighth of the ring is not for writes; half of that only for barriers and voids. At least a batch each.
    private const int WriteReserveDivisor = 8;
    private const int RecordReserveDivisor = 16;

    private readonly StoreCore _core;
    private readonly ChangeQueue _queue = new();
    private readonly ChangeQueue _urgent = new();
    private readonly Queue<LogBatch> _sealed = new();
    private readonly Stack<LogBatch> _freeBatches = new();
    private readonly LoopSignal _work = new();
    private readonly LoopSignal _ready = new();
    private readonly WaitList _stopped = new();
    private int _loops;
    private bool _isSealPosted;
    private bool _isWriting;
    private bool _isStopping;
    private bool _isBarrierWanted;
    private bool _isRejecting;
    private PlannedRecords _planned;
    private ulong _nextLsn;
    private ulong _statedBarrier;
    private ulong _lastRecordLsn;
    private uint _incarnation;
    private uint _previousHeaderChecksum;
    private long _head;

    /// <summary>Creates the log of a store; <see cref="Start"/> sets it going.</summary>
    public WriteAheadLog(StoreCore core)
    {
        _core = core;
        core.Failed = FailAll;
    }

    /// <summary>The last batch whose records the maps reflect.</summary>
    public ulong CommittedLsn { get; private set; }

    /// <summary>Where the batch after the last committed one starts or may start.</summary>
    public long CommittedPosition { get; private set; }

    /// <summary>Checksum of the last committed batch's header.</summary>
    public uint CommittedHeaderChecksum { get; private set; }

    /// <summary>Batches up to this one are stated durable by something durable: a later batch or a checkpoint.</summary>
    public ulong DurableBarrier { get; private set; }

    /// <summary>Where the oldest batch starts that a recovery needs.</summary>
    public long Tail { get; private set; }

    /// <summary>Bytes of the ring that a recovery would read.</summary>
    public long UsedBytes => _head - Tail;

    /// <summary>True when the ring has no room for the next batch.</summary>
    public bool IsFull { get; private set; }

    /// <summary>True once <see cref="Start"/> was called.</summary>
    public bool IsStarted => _loops > 0;

    /// <summary>True when nothing is on its way.</summary>
    public bool IsIdle => _queue.First is null && _urgent.First is null && _sealed.Count == 0;

    /// <summary>True when committed records wait for a barrier.</summary>
    public bool NeedsBarrier => _lastRecordLsn > Math.Max(_statedBarrier, DurableBarrier);

    /// <summary>Called after a commit, once its callers were told.</summary>
    public Action? Committed { get; set; }

    /// <summary>Called when the next batch does not fit into the ring.</summary>
    public Action? Full { get; set; }

    /// <summary>Sets the log going behind what recovery found.</summary>
    /// <param name="from">Where it ends.</param>
    public void Start(in LogEnd from)
    {
        _nextLsn = from.Lsn + 1;
        _statedBarrier = from.Barrier;
        _lastRecordLsn = from.Lsn;
        _head = from.Position;
        _previousHeaderChecksum = from.HeaderChecksum;
        Tail = from.Tail;
        CommittedLsn = from.Lsn;
        CommittedPosition = from.Position;
        CommittedHeaderChecksum = from.HeaderChecksum;
        DurableBarrier = from.Barrier;

        // A random number for each life of the log: a batch that an earlier life left behind never fits the chain.
        Span<byte> entropy = stackalloc byte[4];
        _core.Reactor.FillEntropy(entropy);
        _incarnation = BitConverter.ToUInt32(entropy);
        _loops = 2;
        _core.Reactor.Spawn(RunWriterAsync());
        _core.Reactor.Spawn(RunCommitterAsync());
    }

    /// <summary>Puts a change into the next batch.</summary>
    public void Enqueue(StoreChange change)
    {
        if (_core.IsReadOnly)
        {
            change.Complete(StoreStatus.IoError);
            return;
        }

        _queue.Enqueue(change);
        PostSeal();
    }

    /// <summary>Puts a record that makes another void into the next batch, ahead of all others and of the next barrier.</summary>
    public void EnqueueVoid(ulong lsn, int ordinal, StoreChange? voided)
    {
        var change = _core.RentChange();
        change.Record.Kind = LogRecordKind.VoidRecord;
        change.Record.Version = lsn;
        change.Record.Index = (uint)ordinal;
        change.Voided = voided;
        _urgent.Enqueue(change);
        PostSeal();
    }

    /// <summary>Says that a sealed or queued write's data has been written, or not.</summary>
    public void OnDataWritten(StoreChange change, StoreStatus status)
    {
        change.IsDataPending = false;
        change.Status = status;
        if (change.Batch is { } batch && --batch.PendingData == 0 && batch.IsWritten)
            _ready.Set();
        else if (change.Batch is null && _isRejecting)
            PostSeal();
    }

    /// <summary>Writes a batch without records if that is what it takes to state the last commit durable.</summary>
    public void RequestBarrier()
    {
        if (!NeedsBarrier || _core.IsReadOnly)
            return;
        _isBarrierWanted = true;
        PostSeal();
    }

    /// <summary>A checkpoint is durable: the ring before its replay position is free.</summary>
    public void OnCheckpoint(long replayPosition, ulong frozenLsn)
    {
        Tail = replayPosition;
        DurableBarrier = Math.Max(DurableBarrier, frozenLsn);
        IsFull = false;
        _isRejecting = false;
        _core.State.ReleaseFrees(ReleaseBarrier, _core.Trim);
        PostSeal();
    }

    /// <summary>
    /// The ring is full and cannot be emptied because the host has no space: writes that wait for it fail with
    /// <see cref="StoreStatus.NoSpace"/>, and so do discards and deletes once their share of the ring is used up.
    /// </summary>
    public void RejectQueued()
    {
        // Voids and barriers cannot be refused; they wait for the next checkpoint.
        if (_queue.First is null)
            return;
        _isRejecting = true;
        PostSeal();
    }

    /// <summary>Lets blocks go whose readers are done.</summary>
    public void ReleaseFrees() => _core.State.ReleaseFrees(ReleaseBarrier, _core.Trim);

    /// <summary>Ends the loops once what they are writing is done. Nothing may be queued.</summary>
    public async ValueTask StopAsync()
    {
        _isStopping = true;
        _work.Set();
        _ready.Set();
        while (_loops > 0)
            await _stopped.WaitAsync();
        while (_sealed.TryDequeue(out var batch))
            batch.Buffer.Release();
        while (_freeBatches.TryPop(out var batch))
            batch.Buffer.Release();
    }

    private ulong ReleaseBarrier => (_core.Options.Faults & StoreFaults.FreeEarly) != 0 ? ulong.MaxValue : DurableBarrier;

    private void PostSeal()
    {
        if (_isSealPosted)
            return;
        _isSealPosted = true;
        _core.Reactor.AtEndOfTurn(
            static state =>
            {
                var log = (WriteAheadLog)state!;
                log._isSealPosted = false;
                log._work.Set();
            },
            this);
    }

    private void FailAll()
    {
        foreach (var batch in _sealed)
        {
            foreach (var change in batch.Members)
                FailOne(change);
            batch.Members.Clear();
        }

        while (_urgent.First is not null)
            FailOne(_urgent.Dequeue());
        while (_queue.First is not null)
            FailOne(_queue.Dequeue());
        _ready.Set();
    }

    private static void FailOne(StoreChange change)
    {
        if (change.Record.Kind != LogRecordKind.VoidRecord)
        {
            change.Batch = null;
            change.Complete(StoreStatus.IoError);
            return;
        }

        change.Voided?.Complete(StoreStatus.IoError);
        change.Return();
    }
}

/// <summary>What the next batch holds, voids aside.</summary>
[Flags]
internal enum PlannedRecords
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Records without data: discards, deletes, merges.</summary>
    Others = 1,

    /// <summary>Writes, perhaps with others.</summary>
    Writes = 2,
}

/// <summary>Where a log ends, as recovery found it.</summary>
/// <param name="Lsn">The last batch.</param>
/// <param name="Position">Where the next one goes, in bytes since the ring was first used.</param>
/// <param name="HeaderChecksum">Checksum of the last batch's header.</param>
/// <param name="Barrier">The highest batch that something durable states durable.</param>
/// <param name="Tail">Where the oldest batch starts that a recovery needs.</param>
internal readonly record struct LogEnd(ulong Lsn, long Position, uint HeaderChecksum, ulong Barrier, long Tail);
