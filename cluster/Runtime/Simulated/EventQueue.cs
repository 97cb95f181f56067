namespace Uss.Runtime.Simulated;

/// <summary>Events by time; those of one time in the order in which they were added.</summary>
internal sealed class EventQueue
{
    private readonly PriorityQueue<SimulatedEvent, Order> _queue = new();
    private long _nextSequence;

    public int Count => _queue.Count;

    public void Add(long timeNs, SimulatedEvent item) => _queue.Enqueue(item, new Order(timeNs, _nextSequence++));

    public bool TryPeek(out long timeNs)
    {
        var found = _queue.TryPeek(out _, out var order);
        timeNs = order.TimeNs;
        return found;
    }

    public SimulatedEvent Take() => _queue.Dequeue();

    private readonly record struct Order(long TimeNs, long Sequence) : IComparable<Order>
    {
        public int CompareTo(Order other) =>
            TimeNs != other.TimeNs ? TimeNs.CompareTo(other.TimeNs) : Sequence.CompareTo(other.Sequence);
    }
}
