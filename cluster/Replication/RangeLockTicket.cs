using System.Threading.Tasks.Sources;
using Uss.Runtime;

namespace Uss.Replication;

/// <summary>A place in the order of a <see cref="RangeLock"/>: the right to a range, or the wait for it.</summary>
public sealed class RangeLockTicket : IValueTaskSource
{
    private ReactorCompletion<bool> _core;

    internal ulong Space { get; set; }

    internal long FirstBlock { get; set; }

    internal long EndBlock { get; set; }

    internal bool IsExclusive { get; set; }

    internal long Sequence { get; set; }

    // Earlier tickets that must leave first.
    internal int Blockers { get; set; }

    internal int Bucket { get; set; }

    internal RangeLockTicket? Previous { get; set; }

    internal RangeLockTicket? Next { get; set; }

    // True from the first wait until its continuation has run.
    internal bool IsAwaited { get; private set; }

    /// <summary>True when the range is the holder's.</summary>
    public bool IsGranted => Blockers == 0;

    /// <summary>Completes when the range is the holder's. At most once per ticket, and only when not granted.</summary>
    public ValueTask WaitAsync()
    {
        Invariant.Check(!IsGranted && !IsAwaited);
        IsAwaited = true;
        return new ValueTask(this, _core.Version);
    }

    internal bool ConflictsWith(RangeLockTicket other) =>
        (IsExclusive || other.IsExclusive) && Space == other.Space && FirstBlock < other.EndBlock && other.FirstBlock < EndBlock;

    internal void Grant() => _core.SetResult(true);

    void IValueTaskSource.GetResult(short token)
    {
        IsAwaited = false;
        _core.GetResult(token);
        _core.Reset();
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token);
}
