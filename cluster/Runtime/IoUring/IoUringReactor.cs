using Uss.Runtime.Threaded;

namespace Uss.Runtime.IoUring;

/// <summary>
/// The reactor on Linux's io_uring: one system call a turn hands over everything that the turn started and brings back
/// everything that ended, for disks and sockets alike. Needs Linux 5.11; from 6.1 on the kernel does its part of the
/// work on the reactor's own thread, at the time of its call.
/// </summary>
public sealed unsafe partial class IoUringReactor : ThreadedReactor
{
    private readonly Ring _ring;
    private Operation? _firstWaiting;
    private Operation? _lastWaiting;
    private int _inFlight;

    private IoUringReactor(ReactorOptions options, Ring ring)
        : base(options)
    {
        _ring = ring;
        _wake = new WakeOperation(this);
    }

    internal OperationTable Operations { get; } = new();

    /// <summary>True when the kernel knows the socket hints of Linux 6.1.</summary>
    internal bool HasPollFirst => (_ring.Setup & RingSetup.DeferTaskRun) != 0;

    /// <summary>Makes a reactor that is not yet started, or says why this kernel or container has no io_uring.</summary>
    public static Result<IoUringReactor> Create(ReactorOptions options) => Create(options, isModern: true);

    /// <summary>As <see cref="Create(ReactorOptions)"/>; tests try the ring of old kernels on new ones.</summary>
    internal static Result<IoUringReactor> Create(ReactorOptions options, bool isModern)
    {
        var ring = Ring.Create(options.SubmissionEntries, isModern);
        return ring.IsOk ? new IoUringReactor(options, ring.Value) : ring.Fault;
    }

    /// <summary>Hands an operation to the kernel at the end of this turn, or of a later one when this one's queue is full.</summary>
    internal void Submit(Operation operation)
    {
        operation.MarkSubmitted();
        _inFlight++;
        var entry = _firstWaiting is null ? _ring.TryNext() : null;
        if (entry is not null)
        {
            Fill(entry, operation);
            return;
        }

        if (_firstWaiting is null)
            _firstWaiting = operation;
        else
            _lastWaiting!.NextWaiting = operation;
        _lastWaiting = operation;
    }

    /// <summary>Asks the kernel to give up an operation; it still completes, with ECANCELED if it was in time.</summary>
    internal void Cancel(Operation operation)
    {
        if (operation.IsInFlight)
            Submit(RentCancel(operation.UserData));
    }

    private protected override void Begin()
    {
        _ring.Enable();
        Buffers.SetRegistry(_ring);
        Submit(_wake);
    }

    private protected override void Poll(long timeoutNs)
    {
        SubmitWaiting();
        if (_ring.HasCompletions || _firstWaiting is not null)
            timeoutNs = 0;
        var error = _ring.SubmitAndWait(timeoutNs);

        // Interrupted, timed out, or too busy to take more: all are answered by taking what has completed.
        Invariant.Check(error is 0 or Interrupted or TimerExpired or Errno.Again or Errno.Busy);
        RefreshTime();

        // Only what is there now: completions of what these continuations start belong to the next turn.
        for (var count = _ring.CompletionsReady; count > 0; count--)
        {
            var completion = _ring.TakeCompletion();
            _inFlight--;
            Operations[(int)(uint)completion.UserData].Complete((uint)(completion.UserData >> 32), completion.Result, completion.Flags);
        }
    }

    private protected override void CancelAttempts()
    {
        foreach (var operation in Operations.All)
        {
            if (operation is ConnectOperation)
                Cancel(operation);
        }
    }

    private protected override bool TryFinish()
    {
        // Only the wake-up may be left.
        if (_inFlight == 1 && _wake.IsInFlight && !_isWakeCancelled)
        {
            _isWakeCancelled = true;
            Cancel(_wake);
        }

        return _inFlight == 0;
    }

    private protected override void CloseResources()
    {
        Buffers.SetRegistry(null);
        _ring.Dispose();
        _wake.Free();
        if (Buffers.RentedBuffers == 0)
            Buffers.Dispose();
    }

    private static void Fill(SubmissionEntry* entry, Operation operation)
    {
        operation.Prepare(entry);
        entry->UserData = operation.UserData;
    }

    // Operations that found no room go first in a later turn; that turn does not wait.
    private void SubmitWaiting()
    {
        while (_firstWaiting is { } operation)
        {
            var entry = _ring.TryNext();
            if (entry is null)
                return;
            _firstWaiting = operation.NextWaiting;
            operation.NextWaiting = null;
            Fill(entry, operation);
        }

        _lastWaiting = null;
    }
}
