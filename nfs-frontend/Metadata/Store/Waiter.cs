using System.Threading.Tasks.Sources;
using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>Waits for one event; used again and again, so that waiting allocates nothing in the steady state.</summary>
internal sealed class Waiter : IValueTaskSource<RecordStatus>
{
    [ThreadStatic]
    private static Waiter? _free;

    private ReactorCompletion<RecordStatus> _core;

    private Waiter()
    {
    }

    /// <summary>The next in a queue.</summary>
    public Waiter? Next { get; set; }

    /// <summary>Set for those who only read: what they saw counts only while this space is held.</summary>
    public IMetadataSpace? HeldSpace { get; set; }

    /// <summary>The task to await, once.</summary>
    public ValueTask<RecordStatus> Task => new(this, _core.Version);

    /// <summary>Takes one that nobody uses.</summary>
    public static Waiter Rent()
    {
        if (_free is not { } waiter)
            return new Waiter();
        _free = waiter.Next;
        waiter.Next = null;
        return waiter;
    }

    /// <summary>Ends the wait and runs who waits.</summary>
    public void Complete(RecordStatus status) =>
        _core.SetResult(HeldSpace is null || (status == RecordStatus.Ok && HeldSpace.IsHeld) ? status : RecordStatus.Lost);

    /// <inheritdoc/>
    public RecordStatus GetResult(short token)
    {
        var status = _core.GetResult(token);
        _core.Reset();
        HeldSpace = null;
        Next = _free;
        _free = this;
        return status;
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token);
}
