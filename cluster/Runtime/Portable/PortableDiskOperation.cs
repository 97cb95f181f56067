using System.Threading.Tasks.Sources;
using Uss.Runtime.Threaded;

namespace Uss.Runtime.Portable;

/// <summary>What a <see cref="PortableDiskOperation"/> does.</summary>
internal enum DiskWork
{
    Read,
    Write,
    Flush,
    PunchHole,
    DiscardOnDevice,
    MeasureSize,
}

/// <summary>Pooled: one disk operation as a blocking call on a pool thread.</summary>
internal sealed unsafe class PortableDiskOperation(PortableReactor reactor, Stack<PortableDiskOperation> pool)
    : IValueTaskSource<IoResult>, IThreadPoolWorkItem
{
    private static readonly Action<object?> CompletedCallback = static state => ((PortableDiskOperation)state!).OnCompleted();

    private ReactorCompletion<IoResult> _completion;
    private PortableDisk _disk = null!;
    private PageBuffer? _buffer;
    private DiskWork _work;
    private byte* _address;
    private long _offset;
    private long _length;
    private long _result;

    public IoResult GetResult(short token)
    {
        var result = _completion.GetResult(token);
        _completion.Reset();
        pool.Push(this);
        return result;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _completion.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token);

    public void Execute()
    {
        _result = _work switch
        {
            DiskWork.Read or DiskWork.Write => Transfer(),
            DiskWork.Flush => ErrorOf(Libc.SyncData(_disk.Descriptor)),
            DiskWork.PunchHole => ErrorOf(
                Libc.Allocate(_disk.Descriptor, Libc.FallocatePunchHole | Libc.FallocateKeepSize, _offset, _length)),
            DiskWork.DiscardOnDevice => DiskOpener.DiscardOnDevice(_disk.Descriptor, _offset, _length),
            _ => DiskOpener.SizeOf(_disk.Descriptor, _disk.IsFile),
        };
        reactor.Post(CompletedCallback, this);
    }

    internal ValueTask<IoResult> Transfer(PortableDisk disk, DiskWork work, long offset, BufferSlice slice)
    {
        _buffer = slice.Buffer;
        _buffer.AddReference();
        _address = slice.Address;
        return Start(disk, work, offset, slice.Length);
    }

    internal ValueTask<IoResult> Start(PortableDisk disk, DiskWork work, long offset, long length)
    {
        _disk = disk;
        _work = work;
        _offset = offset;
        _length = length;
        reactor.Enter();
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return new ValueTask<IoResult>(this, _completion.Version);
    }

    private static int ErrorOf(int result) => result == 0 ? 0 : -Libc.LastError;

    private long Transfer()
    {
        for (long moved = 0; moved < _length;)
        {
            var address = _address + moved;
            var remaining = (nuint)(_length - moved);
            var count = _work == DiskWork.Read
                ? Libc.ReadAt(_disk.Descriptor, address, remaining, _offset + moved)
                : Libc.WriteAt(_disk.Descriptor, address, remaining, _offset + moved);
            if (count < 0)
            {
                if (Libc.LastError is Errno.Interrupted or Errno.Again)
                    continue;
                return -Libc.LastError;
            }

            // A short transfer goes on behind its last whole sector. No progress means the end of the file or device.
            if (count < (nint)remaining)
                count -= count % _disk.SectorBytes;
            if (count == 0)
                return -Errno.Io;
            moved += count;
        }

        return _length;
    }

    private void OnCompleted()
    {
        reactor.Leave();
        _buffer?.Release();
        _buffer = null;
        var disk = _disk;
        if (_work == DiskWork.MeasureSize && _result >= 0)
        {
            disk.SizeBytes = _result;
            _result = 0;
        }

        _completion.SetResult(new IoResult((int)_result));
        disk.OnOperationEnded();
    }
}
