using System.Threading.Tasks.Sources;
using Uss.Runtime;

namespace Uss.Store;

/// <summary>
/// Operations that wait for something to change. All are woken together and look again for themselves. Waiting costs no
/// allocation in the steady state.
/// </summary>
internal sealed class WaitList
{
    private Waiter? _first;
    private Waiter? _last;

    /// <summary>True when somebody waits.</summary>
    public bool HasWaiters => _first is not null;

    /// <summary>Completes at the next <see cref="WakeAll"/>.</summary>
    public ValueTask WaitAsync()
    {
        var waiter = Waiter.Rent();
        if (_last is null)
            _first = waiter;
        else
            _last.Next = waiter;
        _last = waiter;
        return waiter.Task;
    }

    /// <summary>Wakes all who wait now, in the order in which they came. Their code runs inline.</summary>
    public void WakeAll()
    {
        var waiter = _first;
        _first = null;
        _last = null;
        while (waiter is not null)
        {
            var next = waiter.Next;
            waiter.Wake();
            waiter = next;
        }
    }

    private sealed class Waiter : IValueTaskSource
    {
        [ThreadStatic]
        private static Waiter? _free;

        private ReactorCompletion<bool> _completion;

        public Waiter? Next { get; set; }

        public ValueTask Task => new(this, _completion.Version);

        public static Waiter Rent()
        {
            if (_free is not { } waiter)
                return new Waiter();
            _free = waiter.Next;
            waiter.Next = null;
            return waiter;
        }

        public void Wake() => _completion.SetResult(true);

        public void GetResult(short token)
        {
            _completion.GetResult(token);
            _completion.Reset();
            Next = _free;
            _free = this;
        }

        public ValueTaskSourceStatus GetStatus(short token) => _completion.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _completion.OnCompleted(continuation, state, token);
    }
}
