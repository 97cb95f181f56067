namespace Uss.Runtime.Threaded;

/// <summary>A timer of a real reactor: an entry of its <see cref="TimerQueue"/>.</summary>
internal abstract class TimerEntry : ReactorTimer
{
    internal const int NotQueued = -1;

    internal TimerQueue? Queue { get; set; }

    internal long DeadlineNs { get; set; }

    // Orders timers of one deadline by their creation.
    internal long Sequence { get; set; }

    internal int Position { get; set; } = NotQueued;

    public override void Cancel()
    {
        if (Position != NotQueued)
            Queue!.Remove(this);
    }

    internal abstract void Fire();
}

/// <summary>Timers by deadline, then by creation: a heap with four children a node, which is shallow and kind to caches.</summary>
internal sealed class TimerQueue
{
    private const int Children = 4;

    private TimerEntry[] _heap = new TimerEntry[64];
    private long _nextSequence;

    internal int Count { get; private set; }

    /// <summary>The earliest deadline, or <see cref="long.MaxValue"/> without timers.</summary>
    internal long NextDeadlineNs => Count == 0 ? long.MaxValue : _heap[0].DeadlineNs;

    internal void Add(TimerEntry timer, long deadlineNs)
    {
        Invariant.Check(timer.Position == TimerEntry.NotQueued);
        if (Count == _heap.Length)
            Array.Resize(ref _heap, Count * 2);
        timer.Queue = this;
        timer.DeadlineNs = deadlineNs;
        timer.Sequence = _nextSequence++;
        Place(Count, timer);
        Count++;
        Rise(timer.Position);
    }

    internal void Remove(TimerEntry timer)
    {
        var position = timer.Position;
        Invariant.Check(ReferenceEquals(_heap[position], timer));
        timer.Position = TimerEntry.NotQueued;
        Count--;
        var last = _heap[Count];
        _heap[Count] = null!;
        if (ReferenceEquals(last, timer))
            return;
        Place(position, last);
        Sink(position);
        Rise(last.Position);
    }

    /// <summary>Fires what is due at <paramref name="nowNs"/>, but nothing that was added meanwhile.</summary>
    internal int FireDue(long nowNs)
    {
        var newest = _nextSequence;
        var fired = 0;
        while (Count > 0 && _heap[0] is var timer && timer.DeadlineNs <= nowNs && timer.Sequence < newest)
        {
            Remove(timer);
            timer.Fire();
            fired++;
        }

        return fired;
    }

    private static bool IsBefore(TimerEntry a, TimerEntry b) =>
        a.DeadlineNs != b.DeadlineNs ? a.DeadlineNs < b.DeadlineNs : a.Sequence < b.Sequence;

    private void Place(int position, TimerEntry timer)
    {
        _heap[position] = timer;
        timer.Position = position;
    }

    private void Rise(int position)
    {
        var timer = _heap[position];
        while (position > 0)
        {
            var parent = (position - 1) / Children;
            if (!IsBefore(timer, _heap[parent]))
                break;
            Place(position, _heap[parent]);
            position = parent;
        }

        Place(position, timer);
    }

    private void Sink(int position)
    {
        var timer = _heap[position];
        while (true)
        {
            var first = (position * Children) + 1;
            if (first >= Count)
                break;
            var earliest = first;
            var end = Math.Min(first + Children, Count);
            for (var child = first + 1; child < end; child++)
            {
                if (IsBefore(_heap[child], _heap[earliest]))
                    earliest = child;
            }

            if (!IsBefore(_heap[earliest], timer))
                break;
            Place(position, _heap[earliest]);
            position = earliest;
        }

        Place(position, timer);
    }
}
