using Uss.Runtime.Threaded;

namespace Uss.Runtime.Portable;

/// <summary>A disk of a <see cref="PortableReactor"/>.</summary>
internal sealed class PortableDisk : IDisk, IReactorResource
{
    private readonly PortableReactor _reactor;
    private readonly OpenedDisk _opened;
    private TaskCompletionSource? _closing;
    private int _pending;

    internal PortableDisk(PortableReactor reactor, OpenedDisk opened)
    {
        _reactor = reactor;
        _opened = opened;
        SizeBytes = opened.SizeBytes;
        reactor.Register(this);
    }

    public string Path => _opened.Path;

    public long SizeBytes { get; internal set; }

    public int SectorBytes => _opened.SectorBytes;

    public bool NeedsFlush => _opened.NeedsFlush;

    public bool IsFile => _opened.IsFile;

    public bool? IsRotational => _opened.IsRotational;

    public string? Warning => _opened.Warning;

    internal int Descriptor => _opened.Descriptor;

    public ValueTask<IoResult> ReadAsync(long offset, BufferSlice target) => Transfer(DiskWork.Read, offset, target);

    public ValueTask<IoResult> WriteAsync(long offset, BufferSlice source) => Transfer(DiskWork.Write, offset, source);

    public ValueTask<IoResult> FlushAsync() => Start(DiskWork.Flush, 0, 0);

    public ValueTask<IoResult> DiscardAsync(long offset, long lengthBytes)
    {
        Invariant.Check(offset >= 0 && lengthBytes >= 0 && ((offset | lengthBytes) & (SectorBytes - 1)) == 0);
        return lengthBytes == 0
            ? new ValueTask<IoResult>(new IoResult(0))
            : Start(IsFile ? DiskWork.PunchHole : DiskWork.DiscardOnDevice, offset, lengthBytes);
    }

    public ValueTask<IoResult> RefreshSizeAsync() => Start(DiskWork.MeasureSize, 0, 0);

    public ValueTask CloseAsync()
    {
        Invariant.Check(_reactor.IsCurrent);
        if (_closing is null)
        {
            _closing = new TaskCompletionSource();
            if (_pending == 0)
                Close();
        }

        return new ValueTask(_closing.Task);
    }

    public void Stop() => _reactor.Spawn(CloseAsync());

    internal void OnOperationEnded()
    {
        _pending--;
        if (_pending == 0 && _closing is not null)
            Close();
    }

    private unsafe ValueTask<IoResult> Transfer(DiskWork work, long offset, BufferSlice slice)
    {
        Invariant.Check(_reactor.IsCurrent && offset >= 0 && slice.Length > 0
            && ((offset | (long)slice.Address | (long)slice.Length) & (SectorBytes - 1)) == 0);
        if (_closing is not null)
            return new ValueTask<IoResult>(IoResult.Failed(Errno.Canceled));
        _pending++;
        return _reactor.RentDiskOperation().Transfer(this, work, offset, slice);
    }

    private ValueTask<IoResult> Start(DiskWork work, long offset, long length)
    {
        Invariant.Check(_reactor.IsCurrent);
        if (_closing is not null)
            return new ValueTask<IoResult>(IoResult.Failed(Errno.Canceled));
        _pending++;
        return _reactor.RentDiskOperation().Start(this, work, offset, length);
    }

    private void Close()
    {
        _ = Libc.Close(Descriptor);
        _reactor.Unregister(this);
        _closing!.SetResult();
    }
}
