namespace Uss.Runtime.IoUring;

/// <summary>The receiving half of a connection; one is under way at most.</summary>
internal sealed unsafe class ReceiveOperation(IoUringReactor reactor, IoUringConnection connection) : IoOperation(reactor)
{
    // io_uring.h: the entry's "ioprio" and the completion's flags of receives.
    private const ushort PollFirst = 1;
    private const uint SocketNotEmpty = 1 << 2;

    private PageBuffer? _buffer;
    private byte* _address;
    private int _remaining;
    private int _received;
    private bool _isExact;
    private bool _isLikelyEmpty = true;

    /// <summary>True from the start until the awaiter has the result.</summary>
    internal bool IsInUse { get; private set; }

    internal ValueTask<IoResult> Start(BufferSlice target, bool isExact)
    {
        Invariant.Check(!IsInUse);
        IsInUse = true;
        _buffer = target.Buffer;
        _buffer.AddReference();
        _address = target.Address;
        _remaining = target.Length;
        _received = 0;
        _isExact = isExact;
        Reactor.Submit(this);
        return Task;
    }

    internal override void Prepare(SubmissionEntry* entry)
    {
        entry->Opcode = RingOpcode.Receive;
        entry->Descriptor = connection.Descriptor;
        entry->Address = (ulong)_address;
        entry->Length = (uint)_remaining;
        entry->OperationFlags = _isExact ? (uint)SocketCalls.WaitAll : 0;

        // Spares the kernel an attempt on a socket that was empty a moment ago.
        if (_isLikelyEmpty && Reactor.HasPollFirst)
            entry->Priority = PollFirst;
    }

    protected override void OnCompleted(int result, uint flags)
    {
        _isLikelyEmpty = (flags & SocketNotEmpty) == 0;
        if (!connection.IsAborted)
        {
            if (result is -Errno.Again or -Errno.Interrupted)
            {
                Reactor.Submit(this);
                return;
            }

            if (result > 0)
            {
                _received += result;
                _remaining -= result;
                _address += result;
                if (_isExact && _remaining > 0)
                {
                    Reactor.Submit(this);
                    return;
                }
            }
        }

        _buffer!.Release();
        _buffer = null;
        var ended = connection;
        Finish(connection.IsAborted ? IoResult.Failed(Errno.Canceled) : new IoResult(result < 0 ? result : _received));
        ended.OnOperationEnded();
    }

    protected override void OnCollected() => IsInUse = false;
}
