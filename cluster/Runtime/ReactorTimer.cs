namespace Uss.Runtime;

/// <summary>A scheduled callback; see <see cref="Reactor.Schedule"/>.</summary>
public abstract class ReactorTimer
{
    /// <summary>Prevents the callback from running if it has not run yet. Idempotent; reactor thread only.</summary>
    public abstract void Cancel();
}
