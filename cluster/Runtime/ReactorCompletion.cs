using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace Uss.Runtime;

/// <summary>
/// The core of a reusable task source, for one thread: as the framework's ManualResetValueTaskSourceCore, without its
/// interlocked operations, schedulers and contexts. Whoever completes it runs the continuation inline.
/// </summary>
/// <typeparam name="TResult">The result's type.</typeparam>
[StructLayout(LayoutKind.Auto)]
public struct ReactorCompletion<TResult>
{
    private Action<object?>? _continuation;
    private object? _state;
    private TResult? _result;
    private ExceptionDispatchInfo? _exception;
    private bool _isCompleted;

    /// <summary>Token of the present use; a task that was awaited twice no longer matches it.</summary>
    public short Version { get; private set; }

    /// <summary>Makes the source ready for its next use.</summary>
    public void Reset()
    {
        Version++;
        _continuation = null;
        _state = null;
        _result = default;
        _exception = null;
        _isCompleted = false;
    }

    /// <summary>Completes with a result and runs the continuation.</summary>
    public void SetResult(TResult result)
    {
        _result = result;
        Complete();
    }

    /// <summary>Completes with an exception and runs the continuation.</summary>
    public void SetException(Exception exception)
    {
        _exception = ExceptionDispatchInfo.Capture(exception);
        Complete();
    }

    /// <summary>The status of the present use.</summary>
    public readonly ValueTaskSourceStatus GetStatus(short token)
    {
        Invariant.Check(token == Version);
        return !_isCompleted ? ValueTaskSourceStatus.Pending
            : _exception is null ? ValueTaskSourceStatus.Succeeded
            : ValueTaskSourceStatus.Faulted;
    }

    /// <summary>The result; throws the exception that <see cref="SetException"/> was given.</summary>
    public readonly TResult GetResult(short token)
    {
        Invariant.Check(token == Version);
        Invariant.Check(_isCompleted);
        _exception?.Throw();
        return _result!;
    }

    /// <summary>Registers the one continuation, or runs it at once when the source is completed already.</summary>
    public void OnCompleted(Action<object?> continuation, object? state, short token)
    {
        Invariant.Check(token == Version);
        Invariant.Check(_continuation is null);
        _continuation = continuation;
        _state = state;
        if (_isCompleted)
            continuation(state);
    }

    private void Complete()
    {
        Invariant.Check(!_isCompleted);
        _isCompleted = true;

        // The continuation fetches the result, which may reset this structure for its next use: nothing follows the call.
        _continuation?.Invoke(_state);
    }
}
