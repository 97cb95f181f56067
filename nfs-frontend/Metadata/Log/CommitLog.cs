using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>
/// The log while the store is open: changes gather in one commit while up to two are being written; callers are completed in the
/// order of the commits.
/// </summary>
internal sealed partial class CommitLog
{
    // A commit starts only when all but the one before it are durable: so a gap of more than that is damage, not a crash.
    private const int CommitsInFlight = 2;
    private const int CommitsSealed = 2;

    private readonly Reactor _reactor;
    private readonly IMetadataSpace _space;
    private readonly LogRing _ring;
    private readonly int _maximumCommitBytes;
    private readonly ulong _fileSystem;
    private readonly ulong _life;
    private readonly ulong _firstSequence;
    private readonly Action _progress;
    private readonly Action<RecordStatus> _fail;
    private readonly Func<bool> _stopCheckpoints;

    // Sealed and not yet durable, the oldest first.
    private readonly Queue<Commit> _sealed = new();
    private readonly Stack<Commit> _free = new();
    private readonly Dictionary<ulong, ulong> _sequenceOf = [];
    private readonly WaiterQueue _lanes = new();
    private Commit? _gathering;
    private LogPoint _head;
    private ulong _coveredSequence;
    private bool _isScheduled;
    private bool _isStopping;
    private bool _isFailed;
    private int _runningLanes;

    /// <summary>Starts behind what recovery has read.</summary>
    /// <param name="settings">What belongs together.</param>
    /// <param name="head">Where the next commit goes.</param>
    /// <param name="tail">The position of the oldest commit that is still needed.</param>
    public CommitLog(CommitLogSettings settings, LogPoint head, long tail)
    {
        _reactor = settings.Reactor;
        _space = settings.Space;
        _ring = settings.Ring;
        _maximumCommitBytes = MetadataLayout.MaximumCommitBytesOf(settings.Ring.LogBytes);
        _fileSystem = settings.FileSystem;
        _progress = settings.Progress;
        _fail = settings.Fail;
        _stopCheckpoints = settings.StopCheckpoints;
        _retryNs = settings.NoSpaceRetryNs;
        do
            _life = _reactor.NewNumber();
        while (_life == head.Life);
        _head = head;
        _firstSequence = head.NextSequence;
        Tail = tail;
        DurableSequence = head.NextSequence - 1;
        for (var lane = 0; lane < CommitsInFlight; lane++)
        {
            _runningLanes++;
            _reactor.Spawn(RunLaneAsync());
        }
    }

    /// <summary>Most bytes of changes that one transaction can have.</summary>
    public int MaximumTransactionBytes => _maximumCommitBytes - CommitHeader.Size;

    /// <summary>Commits up to this one are durable.</summary>
    public ulong DurableSequence { get; private set; }

    /// <summary>Position of the oldest commit that is still needed.</summary>
    public long Tail { get; private set; }

    /// <summary>Part of the ring that holds commits which are still needed.</summary>
    public double Fill => (double)(_head.Position - Tail) / _ring.Blocks;

    /// <summary>Bytes written since the store was opened.</summary>
    public long WrittenBytes { get; private set; }

    /// <summary>Commits written since the store was opened.</summary>
    public long Commits { get; private set; }

    /// <summary>True when something was changed that is not durable yet.</summary>
    public bool HasPending => _gathering is not null || _sealed.Count > 0;

    /// <summary>True when the lanes have ended.</summary>
    public bool IsStopped => _runningLanes == 0;

    /// <summary>True when changes of so many bytes can be added now.</summary>
    public bool HasRoom(int bytes)
    {
        Invariant.Check(bytes <= MaximumTransactionBytes);
        if (_gathering is { } gathering && gathering.Fits(bytes))
            return FitsRing(_head.Position, CommitHeader.BlocksOf(gathering.PayloadBytes + bytes), out _);
        if (_gathering is null)
            return _sealed.Count < CommitsInFlight + CommitsSealed && FitsRing(_head.Position, CommitHeader.BlocksOf(bytes), out _);

        // The present one is sealed to make room for the next.
        return _sealed.Count + 1 < CommitsInFlight + CommitsSealed
            && FitsRing(_head.Position, _gathering.Blocks, out var behind)
            && FitsRing(behind, CommitHeader.BlocksOf(bytes), out _);
    }

    /// <summary>The commit that the next changes go to. There must be room for them.</summary>
    public Commit Begin(int bytes)
    {
        if (_gathering is { } full && !full.Fits(bytes))
            Seal();
        if (_gathering is null)
        {
            _gathering = _free.TryPop(out var free) ? free : new Commit(_reactor.Buffers.Rent(_maximumCommitBytes), _maximumCommitBytes);
            _gathering.Reset();
            _gathering.Sequence = _head.NextSequence;
        }

        Schedule();
        return _gathering;
    }

    /// <summary>Notes that a commit changes a record of an object.</summary>
    public void Touch(Commit commit, ulong touched)
    {
        if (commit.Objects.Count > 0 && commit.Objects[^1] == touched)
            return;
        _sequenceOf[touched] = commit.Sequence;
        commit.Objects.Add(touched);
    }

    /// <summary>The newest commit that is not durable and touches one of the objects, or any when <paramref name="isAny"/>; or null.</summary>
    public Commit? FindPending(List<ulong> objects, bool isAny)
    {
        var newest = 0UL;
        if (isAny)
            newest = _gathering?.Sequence ?? _head.NextSequence - 1;
        else
        {
            foreach (var seen in objects)
            {
                if (_sequenceOf.TryGetValue(seen, out var sequence) && sequence > newest)
                    newest = sequence;
            }
        }

        if (newest <= DurableSequence)
            return null;
        if (_gathering is not null && _gathering.Sequence == newest)
            return _gathering;
        foreach (var commit in _sealed)
        {
            if (commit.Sequence == newest)
                return commit;
        }

        return null;
    }

    /// <summary>Seals what has gathered, and says where the log goes on behind it: what a checkpoint of this moment remembers.</summary>
    public LogPoint Freeze()
    {
        Seal();
        Schedule();
        return _head;
    }

    /// <summary>A checkpoint is durable: what lies in front of its point is needed no more.</summary>
    public void Release(long position, ulong nextSequence)
    {
        Tail = position;
        _coveredSequence = nextSequence - 1;
    }

    private bool FitsRing(long position, int blocks, out long behind)
    {
        behind = _ring.Place(position, blocks) + blocks;
        var oldest = _sealed.TryPeek(out var first) ? Math.Min(first.Position, Tail) : Tail;
        return behind - oldest <= _ring.Blocks;
    }

    private void Schedule()
    {
        if (_isScheduled)
            return;
        _isScheduled = true;
        _reactor.AtEndOfTurn(static log => ((CommitLog)log!).OnEndOfTurn(), this);
    }

    private void OnEndOfTurn()
    {
        _isScheduled = false;
        SealIfIdle();
    }

    private void SealIfIdle()
    {
        if (_sealed.Count < CommitsInFlight)
            Seal();
        WakeLanes();
    }

    private void WakeLanes()
    {
        if (_sealed.Count > 0)
            _lanes.CompleteAll(RecordStatus.Ok);
    }

    private void Seal()
    {
        if (_gathering is not { } commit)
            return;
        _gathering = null;
        commit.Position = _ring.Place(_head.Position, commit.Blocks);
        var header = new CommitHeader
        {
            Life = _life,
            FirstSequence = _firstSequence,
            PreviousChecksum = _head.Checksum,
            FileSystem = _fileSystem,
        };
        var checksum = commit.Seal(ref header);
        _head = new LogPoint(commit.Position + commit.Blocks, commit.Sequence + 1, _life, checksum);
        _sealed.Enqueue(commit);
    }
}
