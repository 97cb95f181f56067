using System.Runtime.InteropServices;

namespace Uss.Runtime.IoUring;

/// <summary>The sending half of a connection; one is under way at most.</summary>
internal sealed unsafe class SendOperation(IoUringReactor reactor, IoUringConnection connection) : IoOperation(reactor)
{
    // UIO_MAXIOV: the kernel refuses longer vectors.
    private const int LargestCount = 1024;

    private MessageHeader* _header = (MessageHeader*)NativeMemory.AllocZeroed((nuint)sizeof(MessageHeader));
    private SendVector? _vector;
    private long _sent;
    private int _first;

    /// <summary>True from the start until the awaiter has the result.</summary>
    internal bool IsInUse { get; private set; }

    /// <summary>Frees native memory; the kernel must be done with it.</summary>
    internal void Free()
    {
        Invariant.Check(!IsInFlight);
        NativeMemory.Free(_header);
        _header = null;
    }

    internal ValueTask<IoResult> Start(SendVector vector)
    {
        Invariant.Check(!IsInUse);
        IsInUse = true;
        vector.BeginSend();
        _vector = vector;
        _sent = 0;
        _first = 0;
        Reactor.Submit(this);
        return Task;
    }

    internal override void Prepare(SubmissionEntry* entry)
    {
        var vectors = _vector!.Vectors + _first;
        var count = Math.Min(_vector.Count - _first, LargestCount);
        entry->Descriptor = connection.Descriptor;
        entry->OperationFlags = SocketCalls.NoSignal | SocketCalls.WaitAll;
        if (count == 1)
        {
            entry->Opcode = RingOpcode.Send;
            entry->Address = (ulong)vectors->Base;
            entry->Length = (uint)vectors->Length;
            return;
        }

        _header->Vectors = vectors;
        _header->VectorCount = (nuint)count;
        entry->Opcode = RingOpcode.SendMessage;
        entry->Address = (ulong)_header;
        entry->Length = 1;
    }

    protected override void OnCompleted(int result, uint flags)
    {
        if (!connection.IsAborted)
        {
            if (result is -Errno.Again or -Errno.Interrupted)
            {
                Reactor.Submit(this);
                return;
            }

            if (result > 0)
            {
                _sent += result;
                if (_sent < _vector!.TotalBytes)
                {
                    _first = _vector.Advance(_first, result);
                    Reactor.Submit(this);
                    return;
                }
            }
        }

        _vector!.Rewind(_first);
        _vector.EndSend();
        _vector = null;
        var ended = connection;
        Finish(connection.IsAborted ? IoResult.Failed(Errno.Canceled) : new IoResult(result < 0 ? result : (int)_sent));
        ended.OnOperationEnded();
    }

    protected override void OnCollected() => IsInUse = false;
}
