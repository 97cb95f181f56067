using Uss.Runtime;

namespace Uss.Volumes;

/// <summary>Lets one management operation in at a time, first come first served. For one reactor.</summary>
internal sealed class AsyncGate
{
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private bool _isTaken;

    /// <summary>Completes when it is the caller's turn.</summary>
    public ValueTask EnterAsync()
    {
        if (!_isTaken)
        {
            _isTaken = true;
            return ValueTask.CompletedTask;
        }

        var waiter = new TaskCompletionSource();
        _waiting.Enqueue(waiter);
        return new ValueTask(waiter.Task);
    }

    /// <summary>Lets the next one in.</summary>
    public void Leave()
    {
        Invariant.Check(_isTaken);
        if (_waiting.TryDequeue(out var next))
            next.SetResult();
        else
            _isTaken = false;
    }
}
