namespace Uss.Runtime.Simulated;

/// <summary>What kind of thing an event is, for the trace.</summary>
internal enum EventKind
{
    Post,
    Timer,
    DiskApply,
    DiskComplete,
    Network,
    Control,
}

/// <summary>
/// Something that happens at a point of virtual time. Its owner is the reactor whose code it runs; events of a crashed
/// reactor are dropped, which is how a killed process's tasks never continue.
/// </summary>
internal sealed class SimulatedEvent(EventKind kind, SimulatedReactor? owner, Action<object?> callback, object? state) : ReactorTimer
{
    public EventKind Kind { get; } = kind;

    public SimulatedReactor? Owner { get; } = owner;

    public Action<object?> Callback { get; } = callback;

    public object? State { get; } = state;

    public bool IsCancelled { get; private set; }

    public override void Cancel() => IsCancelled = true;
}
