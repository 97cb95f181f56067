using System.Threading.Tasks.Sources;

namespace Uss.Runtime.Simulated;

internal enum DiskOperationKind
{
    Read,
    Write,
    Flush,
    Discard,
    RefreshSize,
}

/// <summary>One operation on its way to a simulated disk and back.</summary>
internal sealed class SimulatedDiskOperation : IValueTaskSource<IoResult>
{
    private readonly int _generation;
    private ManualResetValueTaskSourceCore<IoResult> _core;

    public SimulatedDiskOperation(SimulatedDiskHandle handle, DiskOperationKind kind, long offset, long length, BufferSlice slice)
    {
        Handle = handle;
        Kind = kind;
        Offset = offset;
        Length = length;
        Slice = slice;
        _generation = slice.Buffer?.Generation ?? 0;
    }

    public SimulatedDiskHandle Handle { get; }

    public DiskOperationKind Kind { get; }

    public long Offset { get; }

    public long Length { get; }

    public BufferSlice Slice { get; }

    /// <summary>A write's bytes as they were when it was submitted; null: they are taken when it completes.</summary>
    public byte[]? Captured { get; set; }

    /// <summary>For a flush: the last write that it covers.</summary>
    public long Sequence { get; set; }

    /// <summary>Position in the disk's list of operations in flight.</summary>
    public int Position { get; set; }

    /// <summary>A write's bytes.</summary>
    public ReadOnlySpan<byte> Source => Captured is null ? Slice.Span : Captured.AsSpan(0, (int)Length);

    public ValueTask<IoResult> Task => new(this, _core.Version);

    /// <summary>Stops when the caller let go of the buffer while the operation was under way.</summary>
    public void CheckBuffer() => Invariant.Check(Slice.IsEmpty || (Slice.Buffer.IsRented && Slice.Buffer.Generation == _generation));

    public void Complete(IoResult result) => _core.SetResult(result);

    public IoResult GetResult(short token) => _core.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);
}
