using System.Threading.Tasks.Sources;

namespace Uss.Runtime;

/// <summary>
/// Wakes all who wait for a change; each looks for itself whether it is the one that it waits for. (A task with several
/// awaiters is no substitute: the framework sends all but one of them to the thread pool.)
/// </summary>
public sealed class ChangeSignal
{
    private List<Waiter> _waiters = [];

    /// <summary>Completes at the next <see cref="Raise"/>.</summary>
    public ValueTask WaitAsync()
    {
        var waiter = new Waiter();
        _waiters.Add(waiter);
        return waiter.Task;
    }

    /// <summary>Wakes all who wait now, in the order in which they came. Their code runs inline.</summary>
    public void Raise()
    {
        if (_waiters.Count == 0)
            return;
        var waiters = _waiters;
        _waiters = [];
        foreach (var waiter in waiters)
            waiter.Wake();
    }

    private sealed class Waiter : IValueTaskSource
    {
        private ReactorCompletion<bool> _completion;

        public ValueTask Task => new(this, _completion.Version);

        public void Wake() => _completion.SetResult(true);

        public void GetResult(short token) => _completion.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _completion.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _completion.OnCompleted(continuation, state, token);
    }
}
