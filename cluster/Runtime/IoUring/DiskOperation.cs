namespace Uss.Runtime.IoUring;

/// <summary>Pooled: a read, write, flush or hole of a disk.</summary>
internal sealed unsafe class DiskOperation(IoUringReactor reactor, Stack<DiskOperation> pool) : IoOperation(reactor)
{
    private const uint SyncDataOnly = 1;

    private IoUringDisk _disk = null!;
    private PageBuffer? _buffer;
    private RingOpcode _opcode;
    private byte* _address;
    private long _offset;
    private long _remaining;
    private int _total;

    internal ValueTask<IoResult> Transfer(IoUringDisk disk, RingOpcode opcode, long offset, BufferSlice slice)
    {
        // Nobody else may get this memory while the kernel uses it, not even after a mistake of the caller.
        _buffer = slice.Buffer;
        _buffer.AddReference();
        _address = slice.Address;
        _total = slice.Length;
        return Start(disk, opcode, offset, slice.Length);
    }

    internal ValueTask<IoResult> Start(IoUringDisk disk, RingOpcode opcode, long offset, long length)
    {
        _disk = disk;
        _opcode = opcode;
        _offset = offset;
        _remaining = length;
        Reactor.Submit(this);
        return Task;
    }

    internal override void Prepare(SubmissionEntry* entry)
    {
        entry->Opcode = _opcode;
        entry->Descriptor = _disk.Descriptor;
        switch (_opcode)
        {
            case RingOpcode.FileSync:
                entry->OperationFlags = SyncDataOnly;
                break;
            case RingOpcode.FileAllocate:
                entry->Offset = (ulong)_offset;
                entry->Address = (ulong)_remaining;
                entry->Length = Threaded.Libc.FallocatePunchHole | Threaded.Libc.FallocateKeepSize;
                break;
            default:
                entry->Offset = (ulong)_offset;
                entry->Address = (ulong)_address;
                entry->Length = (uint)_remaining;
                if (_buffer!.Slab.RegisteredIndex is var index && index != IBufferRegistry.Unregistered)
                {
                    entry->Opcode = _opcode == RingOpcode.Read ? RingOpcode.ReadFixed : RingOpcode.WriteFixed;
                    entry->BufferIndex = (ushort)index;
                }

                break;
        }
    }

    protected override void OnCompleted(int result, uint flags)
    {
        if (result is -Errno.Again or -Errno.Interrupted)
        {
            Reactor.Submit(this);
            return;
        }

        if (_buffer is not null && result >= 0 && result < _remaining)
        {
            // A short transfer goes on behind its last whole sector. No progress means the end of the file or device.
            var done = result - (result % _disk.SectorBytes);
            if (done > 0)
            {
                _address += done;
                _offset += done;
                _remaining -= done;
                Reactor.Submit(this);
                return;
            }

            result = -Errno.Io;
        }

        _buffer?.Release();
        _buffer = null;
        var disk = _disk;
        Finish(new IoResult(result < 0 ? result : _total));
        disk.OnOperationEnded();
    }

    protected override void OnCollected()
    {
        _total = 0;
        pool.Push(this);
    }
}
