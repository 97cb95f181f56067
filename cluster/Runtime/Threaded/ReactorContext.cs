namespace Uss.Runtime.Threaded;

/// <summary>
/// Brings code back to its reactor that awaits a task of the thread pool there. The reactor's own sources do not come
/// this way: they run continuations inline.
/// </summary>
internal sealed class ReactorContext(ThreadedReactor reactor) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => reactor.Post(d.Invoke, state);

    public override void Send(SendOrPostCallback d, object? state)
    {
        Invariant.Check(reactor.IsCurrent);
        d(state);
    }

    public override SynchronizationContext CreateCopy() => this;
}
