namespace Uss.Replication;

/// <summary>What a member knows of an operation that is tried again.</summary>
public enum OperationOutcome
{
    /// <summary>It has not taken effect here.</summary>
    NotSeen,

    /// <summary>It has taken effect.</summary>
    Done,

    /// <summary>It had taken effect here under a primary that was deposed; whether that was kept is not known.</summary>
    Unknown,
}

/// <summary>
/// The operations of front-ends that one group's changes on this node were for, as far back as one can be tried again.
/// Grows to what comes in within that time and then allocates nothing.
/// </summary>
internal sealed class RecentOperations
{
    private Entry[] _ring = [];
    private long _head;
    private long _tail;

    /// <summary>A change is durable here.</summary>
    public void Add(ulong operation, ulong version, long nowNs, bool isDoubtful)
    {
        while (_head < _tail && nowNs - _ring[_head & (_ring.Length - 1)].TimeNs > GroupContext.FreshnessNs)
            _head++;
        if (_tail - _head == _ring.Length)
            Grow();
        _ring[_tail++ & (_ring.Length - 1)] = new Entry(operation, version, nowNs, isDoubtful);
    }

    /// <summary>Another node has become primary: what is beyond this version may have been undone.</summary>
    public void Doubt(ulong beyondVersion)
    {
        for (var i = _head; i < _tail; i++)
        {
            ref var entry = ref _ring[i & (_ring.Length - 1)];
            if (entry.Version > beyondVersion)
                entry = entry with { IsDoubtful = true };
        }
    }

    /// <summary>Looks an operation up.</summary>
    public OperationOutcome Find(ulong operation)
    {
        for (var i = _tail - 1; i >= _head; i--)
        {
            var entry = _ring[i & (_ring.Length - 1)];
            if (entry.Operation == operation)
                return entry.IsDoubtful ? OperationOutcome.Unknown : OperationOutcome.Done;
        }

        return OperationOutcome.NotSeen;
    }

    private void Grow()
    {
        var larger = new Entry[Math.Max(16, _ring.Length * 2)];
        for (var i = _head; i < _tail; i++)
            larger[i & (larger.Length - 1)] = _ring[i & (_ring.Length - 1)];
        _ring = larger;
    }

    private readonly record struct Entry(ulong Operation, ulong Version, long TimeNs, bool IsDoubtful = false);
}
