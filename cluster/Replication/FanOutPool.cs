using Uss.Runtime;

namespace Uss.Replication;

/// <summary>
/// Fan-outs for reuse, and the watch over those under way: a change that some members have made and others have not
/// answered for too long goes on without these. Owned by one reactor.
/// </summary>
internal sealed class FanOutPool(Reactor reactor, long stallNs)
{
    private readonly Dictionary<Guid, int> _late = [];
    private long _lagBytes;
    private MemberFanOut? _free;
    private MemberFanOut? _oldest;
    private MemberFanOut? _newest;
    private ReactorTimer? _timer;

    public Reactor Reactor { get; } = reactor;

    /// <summary>
    /// Most bytes of changes that members that catch up have not answered yet; beyond that callers wait for them.
    /// </summary>
    internal long MostLagBytes { get; set; } = 8 << 20;

    public MemberFanOut Rent()
    {
        var fanOut = _free ?? new MemberFanOut(this);
        _free = fanOut.Next;
        fanOut.Next = null;
        return fanOut;
    }

    public void Return(MemberFanOut fanOut)
    {
        fanOut.Next = _free;
        _free = fanOut;
    }

    /// <summary>
    /// True while a disk has yet to answer changes that were given up on it. Until then it must not come back: such a
    /// change could still take effect, and a disk does not remember a discard of what it never had.
    /// </summary>
    public bool HasLate(Guid disk) => _late.ContainsKey(disk);

    public void BeginLate(Guid disk) => _late[disk] = _late.GetValueOrDefault(disk) + 1;

    public void EndLate(Guid disk)
    {
        if (--_late[disk] == 0)
            _late.Remove(disk);
    }

    /// <summary>True when another change of so many bytes may go on without the member that catches up; then it is counted.</summary>
    public bool TryBeginLag(int bytes)
    {
        if (_lagBytes + bytes > MostLagBytes)
            return false;
        _lagBytes += bytes;
        return true;
    }

    public void EndLag(int bytes) => _lagBytes -= bytes;

    /// <summary>A fan-out waits for answers.</summary>
    public void Watch(MemberFanOut fanOut)
    {
        fanOut.Previous = _newest;
        if (_newest is { } newest)
            newest.Next = fanOut;
        else
            _oldest = fanOut;
        _newest = fanOut;
        _timer ??= Reactor.Schedule(stallNs / 4, static pool => ((FanOutPool)pool!).Look(), this);
    }

    /// <summary>All have answered a fan-out, or are given up. Does nothing for one that never had to wait.</summary>
    public void Unwatch(MemberFanOut fanOut)
    {
        if (fanOut.Previous is null && !ReferenceEquals(_oldest, fanOut))
            return;
        if (fanOut.Previous is { } previous)
            previous.Next = fanOut.Next;
        else
            _oldest = fanOut.Next;
        if (fanOut.Next is { } next)
            next.Previous = fanOut.Previous;
        else
            _newest = fanOut.Previous;
        fanOut.Previous = fanOut.Next = null;
    }

    private void Look()
    {
        _timer = null;

        // Completing runs the waiter, which changes the list: look again from its start.
        while (FindStalled() is { } stalled)
            stalled.GiveUp();
        if (_oldest is not null)
            _timer ??= Reactor.Schedule(stallNs / 4, static pool => ((FanOutPool)pool!).Look(), this);
    }

    private MemberFanOut? FindStalled()
    {
        for (var fanOut = _oldest; fanOut is not null && fanOut.StartedNs + stallNs <= Reactor.MonotonicNs; fanOut = fanOut.Next)
        {
            if (fanOut.MayGiveUp)
                return fanOut;
        }

        return null;
    }
}
