namespace Uss.Runtime.Threaded;

/// <summary>The timer of <see cref="Reactor.Schedule"/>.</summary>
internal sealed class CallbackTimer(ThreadedReactor reactor, Action<object?> callback, object? state) : TimerEntry
{
    internal override void Fire() => reactor.Run(callback, state);
}
