using System.Threading.Tasks.Sources;

namespace Uss.Runtime.Threaded;

/// <summary>The pooled source of <see cref="Reactor.DelayAsync"/> and <see cref="Reactor.YieldAsync"/>.</summary>
internal sealed class DelayTimer(Stack<DelayTimer> pool) : TimerEntry, IValueTaskSource
{
    internal static readonly Action<object?> FireCallback = static state => ((DelayTimer)state!).Fire();

    private ReactorCompletion<bool> _completion;

    internal ValueTask Task => new(this, _completion.Version);

    public void GetResult(short token)
    {
        _completion.GetResult(token);
        _completion.Reset();
        pool.Push(this);
    }

    public ValueTaskSourceStatus GetStatus(short token) => _completion.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token);

    internal override void Fire() => _completion.SetResult(true);
}
