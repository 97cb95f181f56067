using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace Uss.Runtime;

/// <summary>
/// Builder for <c>async ValueTask</c> methods of the data path: put
/// <c>[AsyncMethodBuilder(typeof(ReactorTaskBuilder))]</c> on the method. Its boxes are kept in an unbounded list per
/// thread and method, so that any number of calls in flight costs no allocation in the steady state (the framework's
/// pooling builder keeps one box a core). Continuations run inline on the reactor.
/// </summary>
[StructLayout(LayoutKind.Auto)]
public struct ReactorTaskBuilder
{
    private ReactorTaskBuilder<Nothing> _builder;

    /// <summary>Has no values of interest: the result of a method without one.</summary>
    public readonly struct Nothing;

    /// <summary>The task to hand to the caller.</summary>
    public ValueTask Task => _builder.UntypedTask;

    /// <summary>Creates a builder.</summary>
    public static ReactorTaskBuilder Create() => default;

    /// <summary>Runs the method up to its first incomplete await.</summary>
    public void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => stateMachine.MoveNext();

    /// <summary>Required by the compiler; the boxes hold the state machine themselves.</summary>
    public void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    /// <summary>Completes the task.</summary>
    public void SetResult() => _builder.SetResult(default);

    /// <summary>Fails the task.</summary>
    public void SetException(Exception exception) => _builder.SetException(exception);

    /// <summary>Suspends the method.</summary>
    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine => _builder.AwaitOnCompleted(ref awaiter, ref stateMachine);

    /// <summary>Suspends the method.</summary>
    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine => _builder.AwaitUnsafeOnCompleted(ref awaiter, ref stateMachine);
}

/// <summary>As <see cref="ReactorTaskBuilder"/>, for methods with a result.</summary>
/// <typeparam name="TResult">The result's type.</typeparam>
[StructLayout(LayoutKind.Auto)]
public struct ReactorTaskBuilder<TResult>
{
    private Box? _box;
    private TResult _result;
    private Exception? _exception;

    /// <summary>The task to hand to the caller.</summary>
    public ValueTask<TResult> Task =>
        _box is { } box ? new ValueTask<TResult>(box, box.Version)
        : _exception is { } exception ? ValueTask.FromException<TResult>(exception)
        : new ValueTask<TResult>(_result);

    internal ValueTask UntypedTask =>
        _box is { } box ? new ValueTask(box, box.Version)
        : _exception is { } exception ? ValueTask.FromException(exception)
        : ValueTask.CompletedTask;

    /// <summary>Creates a builder.</summary>
    public static ReactorTaskBuilder<TResult> Create() => default;

    /// <summary>Runs the method up to its first incomplete await.</summary>
    public void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => stateMachine.MoveNext();

    /// <summary>Required by the compiler; the boxes hold the state machine themselves.</summary>
    public void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    /// <summary>Completes the task.</summary>
    public void SetResult(TResult result)
    {
        if (_box is { } box)
            box.SetResult(result);
        else
            _result = result;
    }

    /// <summary>Fails the task.</summary>
    public void SetException(Exception exception)
    {
        if (_box is { } box)
            box.SetException(exception);
        else
            _exception = exception;
    }

    /// <summary>Suspends the method.</summary>
    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.OnCompleted(BoxFor(ref stateMachine).MoveNextAction);

    /// <summary>Suspends the method.</summary>
    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.UnsafeOnCompleted(BoxFor(ref stateMachine).MoveNextAction);

    private Box BoxFor<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine
    {
        if (_box is { } existing)
            return existing;

        // The box must be in this builder before the state machine, which contains this builder, is copied into it.
        var box = Box<TStateMachine>.Rent();
        _box = box;
        box.StateMachine = stateMachine;
        return box;
    }

    private abstract class Box : IValueTaskSource<TResult>, IValueTaskSource
    {
        private ReactorCompletion<TResult> _core;

        protected Box() => MoveNextAction = MoveNext;

        public Action MoveNextAction { get; }

        public short Version => _core.Version;

        public void SetResult(TResult result) => _core.SetResult(result);

        public void SetException(Exception exception) => _core.SetException(exception);

        public TResult GetResult(short token)
        {
            // Checked first, so that a task that is awaited twice cannot return the box of another call.
            var status = _core.GetStatus(token);
            Invariant.Check(status != ValueTaskSourceStatus.Pending);
            try
            {
                return _core.GetResult(token);
            }
            finally
            {
                _core.Reset();
                Return();
            }
        }

        void IValueTaskSource.GetResult(short token) => GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token);

        protected abstract void MoveNext();

        protected abstract void Return();
    }

    private sealed class Box<TStateMachine> : Box
        where TStateMachine : IAsyncStateMachine
    {
        [ThreadStatic]
        private static Box<TStateMachine>? _free;

        private Box<TStateMachine>? _next;

        public TStateMachine? StateMachine;

        public static Box<TStateMachine> Rent()
        {
            if (_free is not { } box)
                return new Box<TStateMachine>();
            _free = box._next;
            box._next = null;
            return box;
        }

        protected override void MoveNext() => StateMachine!.MoveNext();

        protected override void Return()
        {
            StateMachine = default;
            _next = _free;
            _free = this;
        }
    }
}
