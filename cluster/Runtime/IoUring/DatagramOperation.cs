using System.Runtime.InteropServices;

namespace Uss.Runtime.IoUring;

/// <summary>One direction of a UDP socket; one operation of it is under way at most.</summary>
internal sealed unsafe class DatagramOperation(IoUringReactor reactor, IoUringDatagramSocket socket, RingOpcode opcode) : IoOperation(reactor)
{
    // The header and the one vector behind it.
    private MessageHeader* _header = (MessageHeader*)NativeMemory.AllocZeroed((nuint)(sizeof(MessageHeader) + sizeof(SendVector.IoVec)));
    private PageBuffer? _buffer;
    private bool _isInUse;

    /// <summary>Whom the datagram is for, or who sent it.</summary>
    internal SocketAddress Peer { get; } = new();

    private SendVector.IoVec* Vector => (SendVector.IoVec*)(_header + 1);

    /// <summary>Frees native memory; the kernel must be done with it.</summary>
    internal void Free()
    {
        Invariant.Check(!IsInFlight);
        NativeMemory.Free(_header);
        _header = null;
        Peer.Dispose();
    }

    /// <summary>Starts with the bytes to send or the room to receive into; the address is set already.</summary>
    internal ValueTask<IoResult> Start(BufferSlice slice)
    {
        Invariant.Check(!_isInUse);
        _isInUse = true;

        // An empty datagram has no buffer.
        _buffer = slice.IsEmpty ? null : slice.Buffer;
        _buffer?.AddReference();
        *Vector = new SendVector.IoVec { Base = slice.IsEmpty ? null : slice.Address, Length = (nuint)slice.Length };
        Reactor.Submit(this);
        return Task;
    }

    internal override void Prepare(SubmissionEntry* entry)
    {
        if (opcode == RingOpcode.ReceiveMessage)
            Peer.Expect();
        _header->Name = Peer.Pointer;
        _header->NameLength = Peer.Length;
        _header->Vectors = Vector;
        _header->VectorCount = 1;
        entry->Opcode = opcode;
        entry->Descriptor = socket.Descriptor;
        entry->Address = (ulong)_header;
        entry->Length = 1;
    }

    protected override void OnCompleted(int result, uint flags)
    {
        if (!socket.IsClosing && result is -Errno.Again or -Errno.Interrupted)
        {
            Reactor.Submit(this);
            return;
        }

        _buffer?.Release();
        _buffer = null;
        var ended = socket;
        Finish(socket.IsClosing ? IoResult.Failed(Errno.Canceled) : new IoResult(result));
        ended.OnOperationEnded();
    }

    protected override void OnCollected() => _isInUse = false;
}
