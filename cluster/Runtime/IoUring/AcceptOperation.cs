namespace Uss.Runtime.IoUring;

/// <summary>The accept of a listener; one is under way at most. Its result is the new descriptor.</summary>
internal sealed unsafe class AcceptOperation(IoUringReactor reactor, IoUringListener listener) : IoOperation(reactor)
{
    // Errors of connections that ended before they were accepted; the listener is healthy.
    private const int ConnectionAborted = 103;
    private const int ProtocolError = 71;

    private bool _isInUse;

    /// <summary>The peer's address.</summary>
    internal SocketAddress Remote { get; } = new();

    /// <summary>Frees native memory; the kernel must be done with it.</summary>
    internal void Free() => Remote.Dispose();

    internal ValueTask<IoResult> Start()
    {
        Invariant.Check(!_isInUse);
        _isInUse = true;
        Reactor.Submit(this);
        return Task;
    }

    internal override void Prepare(SubmissionEntry* entry)
    {
        Remote.Expect();
        entry->Opcode = RingOpcode.Accept;
        entry->Descriptor = listener.Descriptor;
        entry->Address = (ulong)Remote.Pointer;
        entry->Offset = (ulong)Remote.LengthPointer;
        entry->OperationFlags = SocketCalls.CloseOnExec;
    }

    protected override void OnCompleted(int result, uint flags)
    {
        if (!listener.IsClosing && result is -Errno.Again or -Errno.Interrupted or -ConnectionAborted or -ProtocolError)
        {
            Reactor.Submit(this);
            return;
        }

        Finish(new IoResult(result));
    }

    protected override void OnCollected() => _isInUse = false;
}
