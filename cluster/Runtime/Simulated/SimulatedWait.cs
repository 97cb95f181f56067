using System.Threading.Tasks.Sources;

namespace Uss.Runtime.Simulated;

/// <summary>A task without a result that an event completes.</summary>
internal sealed class SimulatedWait : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core;

    public static Action<object?> CompleteCallback { get; } = static state => ((SimulatedWait)state!).Complete();

    public ValueTask Task => new(this, _core.Version);

    public void Complete() => _core.SetResult(true);

    public void GetResult(short token) => _core.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}

/// <summary>A task with a result that an event completes.</summary>
internal sealed class SimulatedWait<T> : IValueTaskSource<T>
{
    private ManualResetValueTaskSourceCore<T> _core;

    /// <summary>A task that never completes: what code of a killed process gets.</summary>
    public static ValueTask<T> Never => new SimulatedWait<T>().Task;

    public ValueTask<T> Task => new(this, _core.Version);

    public void Complete(T result) => _core.SetResult(result);

    public T GetResult(short token) => _core.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}
