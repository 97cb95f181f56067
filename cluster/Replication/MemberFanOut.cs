using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

/// <summary>
/// One change on its way to several members at once. The objects are pooled: a change in the steady state allocates
/// nothing. Completes when the last member has answered, or when those that have not are given up; the answers are then
/// in <see cref="ResultOf"/>. A member that is given up may still use the data, so the object keeps a reference to it
/// (and a copy of the checksums) until that member has answered as well.
/// </summary>
/// <remarks>
/// A member that catches up may lag: its answer is waited for by what comes later in the same range and by its admission,
/// not by the caller. The object then lives on with the change's place in both orders until that answer comes.
/// </remarks>
internal sealed class MemberFanOut : IValueTaskSource
{
    /// <summary>Most members of a change: copies and joiners.</summary>
    public const int MaximumMembers = 8;

    private readonly Slot[] _slots = new Slot[MaximumMembers];
    private readonly FanOutPool _pool;
    private ReactorCompletion<bool> _core;
    private uint[] _checksums = new uint[16];
    private PageBuffer? _buffer;
    private int _members;

    // All of them but one that catches up, which is the last.
    private int _counted;
    private int _waitingFor;
    private int _outstanding;
    private bool _isAnswered;
    private bool _isGivenUp;
    private bool _isReturned;

    // What ends with the laggard's answer once the caller has gone.
    private LaggingChange _lag;
    private bool _isLagging;
    private int _lagBytes;

    public MemberFanOut(FanOutPool pool)
    {
        _pool = pool;
        for (var i = 0; i < _slots.Length; i++)
            _slots[i] = new Slot(this);
    }

    public MemberFanOut? Previous { get; set; }

    public MemberFanOut? Next { get; set; }

    public long StartedNs { get; private set; }

    /// <summary>
    /// True when who has not answered may be given up: once a member that counts has made the change, for without any there is
    /// nobody to go on with, or once the caller has gone on.
    /// </summary>
    public bool MayGiveUp
    {
        get
        {
            for (var i = 0; i < _counted; i++)
            {
                if (!_slots[i].IsPending && _slots[i].Result.IsOk)
                    return true;
            }

            return _isAnswered;
        }
    }

    /// <summary>The last of the members, if the caller goes on without its answer; null when all must answer.</summary>
    public GroupMember? Laggard { get; private set; }

    /// <summary>True until that member has answered or was given up.</summary>
    public bool IsLaggardPending => Laggard is not null && !_isGivenUp && _slots[_members - 1].IsPending;

    public ValueTask WriteAsync(ReadOnlySpan<GroupMember> members, GroupStamp stamp, in StoreWrite write, bool mayLag)
    {
        Begin(members);
        if (mayLag && members[^1].MayLag && _pool.TryBeginLag(write.Source.Length))
        {
            Laggard = members[^1];
            _lagBytes = write.Source.Length;
            _waitingFor--;
        }

        if (_checksums.Length < write.Checksums.Length)
            _checksums = new uint[StoreUnits.BlocksPerObject];
        write.Checksums.Span.CopyTo(_checksums);
        _buffer = write.Source.Buffer;
        var own = write with { Checksums = _checksums.AsMemory(0, write.Checksums.Length) };
        for (var i = 0; i < members.Length; i++)
        {
            var isAwaited = Laggard is null || i < members.Length - 1;
            _slots[i].Await(members[i].DiskId, isAwaited, members[i].IsFailed ? Skipped : members[i].Replica.WriteAsync(members[i].StampOf(stamp), own));
        }

        return Started();
    }

    public ValueTask DiscardAsync(
        ReadOnlySpan<GroupMember> members, GroupStamp stamp, ObjectId id, int firstBlock, int blockCount, ulong version, uint snapshot)
    {
        Begin(members);
        for (var i = 0; i < members.Length; i++)
        {
            _slots[i].Await(members[i].DiskId, true, members[i].IsFailed
                ? Skipped
                : members[i].Replica.DiscardAsync(members[i].StampOf(stamp), id, firstBlock, blockCount, version, snapshot));
        }

        return Started();
    }

    /// <summary>What a member answered, in the order in which they were given; a laggard without an answer counts as good.</summary>
    public StoreResult ResultOf(int member) => _slots[member].IsPending && !_isGivenUp ? StoreResult.Ok : _slots[member].Result;

    /// <summary>The caller goes on; the change ends with the laggard's answer, or when it is given up.</summary>
    public void Lag(in LaggingChange change)
    {
        Invariant.Check(IsLaggardPending);
        _lag = change;
        _isLagging = true;
        _buffer?.AddReference();
    }

    /// <summary>Counts members that have not answered as failed; the change completes now.</summary>
    public void GiveUp()
    {
        Invariant.Check(_outstanding > 0 && !_isGivenUp);
        _pool.Unwatch(this);
        _isGivenUp = true;
        if (!_isLagging)
            _buffer?.AddReference();
        for (var i = 0; i < _members; i++)
        {
            if (!_slots[i].IsPending)
                continue;
            _slots[i].Result = new StoreResult(StoreStatus.IoError);
            _pool.BeginLate(_slots[i].Disk);
        }

        if (_isLagging)
            EndLag();
        else if (!_isAnswered)
            _core.SetResult(true);
    }

    /// <summary>The caller has seen the answers; the object is used again once no member works on it any more.</summary>
    public void Return()
    {
        _isReturned = true;
        Recycle();
    }

    private static ValueTask<StoreResult> Skipped => new(new StoreResult(StoreStatus.Closed));

    // One more than the members, so that answers that come at once do not complete the whole before all are started.
    private void Begin(ReadOnlySpan<GroupMember> members)
    {
        _members = members.Length;
        _counted = members[^1].Role == MemberRole.Joining ? _members - 1 : _members;
        _outstanding = _members;
        _waitingFor = _members + 1;
        StartedNs = _pool.Reactor.MonotonicNs;
    }

    private ValueTask Started()
    {
        var task = new ValueTask(this, _core.Version);
        if (_outstanding > 0)
            _pool.Watch(this);
        CountDown();
        return task;
    }

    private void OnAnswer(bool isAwaited)
    {
        if (--_outstanding == 0)
            _pool.Unwatch(this);
        if (_isGivenUp)
        {
            Recycle();
        }
        else if (isAwaited)
        {
            CountDown();
        }
        else if (_isLagging)
        {
            EndLag();
            Recycle();
        }
    }

    private void EndLag()
    {
        var change = _lag;
        _lag = default;
        change.Group.EndLagging(change, Laggard!, _slots[_members - 1].Result);
    }

    private void CountDown()
    {
        if (--_waitingFor > 0)
            return;
        _isAnswered = true;
        _core.SetResult(true);
    }

    private void Recycle()
    {
        if (!_isReturned || _outstanding > 0)
            return;
        if (_isGivenUp || _isLagging)
            _buffer?.Release();
        _buffer = null;
        if (Laggard is not null)
            _pool.EndLag(_lagBytes);
        Laggard = null;
        _isAnswered = _isGivenUp = _isReturned = _isLagging = false;
        _pool.Return(this);
    }

    void IValueTaskSource.GetResult(short token)
    {
        _core.GetResult(token);
        _core.Reset();
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token);

    private sealed class Slot
    {
        private readonly MemberFanOut _owner;
        private readonly Action _complete;
        private ValueTaskAwaiter<StoreResult> _awaiter;

        public Slot(MemberFanOut owner)
        {
            _owner = owner;
            _complete = Complete;
        }

        public StoreResult Result { get; set; }

        public bool IsPending { get; private set; }

        public Guid Disk { get; private set; }

        private bool IsAwaited { get; set; }

        public void Await(Guid disk, bool isAwaited, ValueTask<StoreResult> task)
        {
            Disk = disk;
            IsAwaited = isAwaited;
            IsPending = true;
            _awaiter = task.GetAwaiter();
            if (_awaiter.IsCompleted)
                Complete();
            else
                _awaiter.UnsafeOnCompleted(_complete);
        }

        private void Complete()
        {
            var result = _awaiter.GetResult();
            _awaiter = default;
            IsPending = false;
            if (_owner._isGivenUp)
                _owner._pool.EndLate(Disk);
            else
                Result = result;
            _owner.OnAnswer(IsAwaited);
        }
    }
}
