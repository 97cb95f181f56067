using System.Threading.Tasks.Sources;

namespace Uss.Runtime.IoUring;

/// <summary>
/// Something that the kernel is asked to do. It has a place in the reactor's table for as long as it exists; that place
/// (never an address) is what the kernel hands back. One submission brings exactly one completion.
/// </summary>
internal abstract unsafe class Operation
{
    protected Operation(IoUringReactor reactor)
    {
        Reactor = reactor;
        Slot = reactor.Operations.Add(this);
    }

    internal IoUringReactor Reactor { get; }

    internal int Slot { get; }

    /// <summary>Raised with each submission, so that a completion can be told from one of an earlier submission.</summary>
    internal uint Generation { get; private set; }

    /// <summary>What the kernel hands back.</summary>
    internal ulong UserData => ((ulong)Generation << 32) | (uint)Slot;

    /// <summary>True from submission to completion: memory that the operation names belongs to the kernel.</summary>
    internal bool IsInFlight { get; private set; }

    /// <summary>The next of the operations that wait for room in the submission queue.</summary>
    internal Operation? NextWaiting { get; set; }

    /// <summary>Fills a zeroed entry.</summary>
    internal abstract void Prepare(SubmissionEntry* entry);

    internal void MarkSubmitted()
    {
        Invariant.Check(!IsInFlight);
        IsInFlight = true;
        Generation++;
    }

    internal void Complete(uint generation, int result, uint flags)
    {
        Invariant.Check(IsInFlight && generation == Generation);
        IsInFlight = false;
        OnCompleted(result, flags);
    }

    /// <summary>Takes the kernel's answer: a count, or a negated error number.</summary>
    protected abstract void OnCompleted(int result, uint flags);
}

/// <summary>An operation that a task waits for.</summary>
internal abstract class IoOperation(IoUringReactor reactor) : Operation(reactor), IValueTaskSource<IoResult>
{
    private ReactorCompletion<IoResult> _completion;

    protected ValueTask<IoResult> Task => new(this, _completion.Version);

    public IoResult GetResult(short token)
    {
        var result = _completion.GetResult(token);
        _completion.Reset();
        OnCollected();
        return result;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _completion.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token);

    protected void Finish(IoResult result) => _completion.SetResult(result);

    /// <summary>The awaiter has the result: the operation may be used again.</summary>
    protected abstract void OnCollected();
}
