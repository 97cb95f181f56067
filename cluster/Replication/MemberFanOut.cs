using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Uss.Store;

namespace Uss.Replication;

/// <summary>
/// One change on its way to several members at once. The objects are pooled: a change in the steady state allocates
/// nothing. Completes when the last member has answered; the answers are then in <see cref="ResultOf"/>.
/// </summary>
internal sealed class MemberFanOut : IValueTaskSource
{
    private readonly Slot[] _slots;
    private readonly FanOutPool _pool;
    private ManualResetValueTaskSourceCore<bool> _core;
    private int _waitingFor;

    public MemberFanOut(FanOutPool pool, int capacity)
    {
        _pool = pool;
        _slots = new Slot[capacity];
        for (var i = 0; i < capacity; i++)
            _slots[i] = new Slot(this);
    }

    public MemberFanOut? NextFree { get; set; }

    public int Capacity => _slots.Length;

    public ValueTask WriteAsync(ReadOnlySpan<GroupMember> members, GroupStamp stamp, in StoreWrite write)
    {
        Begin(members.Length);
        for (var i = 0; i < members.Length; i++)
            _slots[i].Await(members[i].IsFailed ? Skipped : members[i].Replica.WriteAsync(stamp, write));
        return Started();
    }

    public ValueTask DiscardAsync(
        ReadOnlySpan<GroupMember> members, GroupStamp stamp, ObjectId id, int firstBlock, int blockCount, ulong version, uint snapshot)
    {
        Begin(members.Length);
        for (var i = 0; i < members.Length; i++)
        {
            _slots[i].Await(members[i].IsFailed
                ? Skipped
                : members[i].Replica.DiscardAsync(stamp, id, firstBlock, blockCount, version, snapshot));
        }

        return Started();
    }

    /// <summary>What a member answered, in the order in which they were given.</summary>
    public StoreResult ResultOf(int member) => _slots[member].Result;

    public void Return() => _pool.Return(this);

    private static ValueTask<StoreResult> Skipped => new(new StoreResult(StoreStatus.Closed));

    // One more than the members, so that answers that come at once do not complete the whole before all are started.
    private void Begin(int members) => _waitingFor = members + 1;

    private ValueTask Started()
    {
        var task = new ValueTask(this, _core.Version);
        CountDown();
        return task;
    }

    private void CountDown()
    {
        if (--_waitingFor == 0)
            _core.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token)
    {
        _core.GetResult(token);
        _core.Reset();
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);

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

        public StoreResult Result { get; private set; }

        public void Await(ValueTask<StoreResult> task)
        {
            _awaiter = task.GetAwaiter();
            if (_awaiter.IsCompleted)
                Complete();
            else
                _awaiter.UnsafeOnCompleted(_complete);
        }

        private void Complete()
        {
            Result = _awaiter.GetResult();
            _awaiter = default;
            _owner.CountDown();
        }
    }
}

/// <summary>Fan-outs for reuse; owned by one reactor.</summary>
internal sealed class FanOutPool
{
    // Pools with more copies than this are refused when they are created.
    public const int MaximumMembers = 8;

    private MemberFanOut? _free;

    public MemberFanOut Rent()
    {
        var fanOut = _free ?? new MemberFanOut(this, MaximumMembers);
        _free = fanOut.NextFree;
        fanOut.NextFree = null;
        return fanOut;
    }

    public void Return(MemberFanOut fanOut)
    {
        fanOut.NextFree = _free;
        _free = fanOut;
    }
}
