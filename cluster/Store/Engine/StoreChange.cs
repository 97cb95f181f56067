using System.Threading.Tasks.Sources;
using Uss.Runtime;

namespace Uss.Store;

/// <summary>
/// A change on its way through the log: its record, and whoever waits for it to be durable. Pooled; it returns to the
/// pool when its result is taken.
/// </summary>
internal sealed class StoreChange(Stack<StoreChange> pool) : IValueTaskSource<StoreResult>
{
    private ReactorCompletion<StoreResult> _completion;
    private uint[] _checksums = new uint[16];

    /// <summary>The fixed part of the record.</summary>
    public LogRecord Record;

    /// <summary>The data of a write. The caller of the write holds the reference.</summary>
    public BufferSlice Source { get; set; }

    /// <summary>Where the data of a write lies.</summary>
    public ExtentList Extents { get; } = new();

    /// <summary>Checksums of a write's blocks.</summary>
    public Span<uint> Checksums => _checksums.AsSpan(0, ChecksumCount);

    /// <summary>Blocks with a checksum.</summary>
    public int ChecksumCount { get; private set; }

    /// <summary>The layer that the record names; -1 when it names none. The change holds a pin on it.</summary>
    public int Slot { get; set; }

    /// <summary>True while the data is on its way to the disk.</summary>
    public bool IsDataPending { get; set; }

    /// <summary>What came of writing the data.</summary>
    public StoreStatus Status { get; set; }

    /// <summary>The batch that holds the record; null before it is sealed.</summary>
    public LogBatch? Batch { get; set; }

    /// <summary>Number of the record within its batch.</summary>
    public int Ordinal { get; set; }

    /// <summary>The failed write that this record makes void.</summary>
    public StoreChange? Voided { get; set; }

    /// <summary>The next change of the queue.</summary>
    public StoreChange? Next { get; set; }

    /// <summary>Completes when the change is durable, or will never be.</summary>
    public ValueTask<StoreResult> Task => new(this, _completion.Version);

    /// <summary>Length of the record in the log, in bytes.</summary>
    public int RecordBytes => LogRecord.LengthFor(Extents.Count, ChecksumCount);

    /// <summary>Makes room for the checksums of so many blocks.</summary>
    public Span<uint> ResizeChecksums(int count)
    {
        if (_checksums.Length < count)
            _checksums = new uint[StoreUnits.BlocksPerObject];
        ChecksumCount = count;
        return Checksums;
    }

    /// <summary>Ends the wait.</summary>
    public void Complete(StoreStatus status) => _completion.SetResult(new StoreResult(status));

    /// <summary>Returns a change that nobody waits for to the pool.</summary>
    public void Return()
    {
        Record = default;
        Source = default;
        Extents.Clear();
        ChecksumCount = 0;
        Slot = -1;
        IsDataPending = false;
        Status = StoreStatus.Ok;
        Batch = null;
        Ordinal = 0;
        Voided = null;
        Next = null;
        pool.Push(this);
    }

    /// <inheritdoc/>
    public StoreResult GetResult(short token)
    {
        var result = _completion.GetResult(token);
        _completion.Reset();
        Return();
        return result;
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _completion.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token);
}
