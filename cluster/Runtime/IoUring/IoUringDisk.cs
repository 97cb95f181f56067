using Uss.Runtime.Threaded;

namespace Uss.Runtime.IoUring;

/// <summary>A disk of an <see cref="IoUringReactor"/>.</summary>
internal sealed class IoUringDisk : IDisk, IReactorResource
{
    private readonly IoUringReactor _reactor;
    private readonly OpenedDisk _opened;
    private TaskCompletionSource? _closing;
    private int _pending;

    internal IoUringDisk(IoUringReactor reactor, OpenedDisk opened)
    {
        _reactor = reactor;
        _opened = opened;
        SizeBytes = opened.SizeBytes;
        reactor.Register(this);
    }

    public string Path => _opened.Path;

    public long SizeBytes { get; private set; }

    public int SectorBytes => _opened.SectorBytes;

    public bool NeedsFlush => _opened.NeedsFlush;

    public bool IsFile => _opened.IsFile;

    public bool? IsRotational => _opened.IsRotational;

    public string? Warning => _opened.Warning;

    internal int Descriptor => _opened.Descriptor;

    public ValueTask<IoResult> ReadAsync(long offset, BufferSlice target)
    {
        CheckAligned(offset, target);
        return TryEnter(out var refusal) ? _reactor.RentDiskOperation().Transfer(this, RingOpcode.Read, offset, target) : refusal;
    }

    public ValueTask<IoResult> WriteAsync(long offset, BufferSlice source)
    {
        CheckAligned(offset, source);
        return TryEnter(out var refusal) ? _reactor.RentDiskOperation().Transfer(this, RingOpcode.Write, offset, source) : refusal;
    }

    public ValueTask<IoResult> FlushAsync() =>
        TryEnter(out var refusal) ? _reactor.RentDiskOperation().Start(this, RingOpcode.FileSync, 0, 0) : refusal;

    public ValueTask<IoResult> DiscardAsync(long offset, long lengthBytes)
    {
        Invariant.Check(offset >= 0 && lengthBytes >= 0 && ((offset | lengthBytes) & (SectorBytes - 1)) == 0);
        if (lengthBytes == 0)
            return new ValueTask<IoResult>(new IoResult(0));
        if (!TryEnter(out var refusal))
            return refusal;
        return IsFile
            ? _reactor.RentDiskOperation().Start(this, RingOpcode.FileAllocate, offset, lengthBytes)
            : DiscardOnDeviceAsync(offset, lengthBytes);
    }

    public async ValueTask<IoResult> RefreshSizeAsync()
    {
        if (!TryEnter(out _))
            return IoResult.Failed(Errno.Canceled);
        var descriptor = Descriptor;
        var isFile = IsFile;
        var sizeBytes = await _reactor.RunOffThreadAsync(() => DiskOpener.SizeOf(descriptor, isFile));
        if (sizeBytes >= 0)
            SizeBytes = sizeBytes;
        OnOperationEnded();
        return sizeBytes >= 0 ? new IoResult(0) : new IoResult((int)sizeBytes);
    }

    public ValueTask CloseAsync()
    {
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

    private async ValueTask<IoResult> DiscardOnDeviceAsync(long offset, long lengthBytes)
    {
        var descriptor = Descriptor;
        var result = await _reactor.RunOffThreadAsync(() => DiskOpener.DiscardOnDevice(descriptor, offset, lengthBytes));
        OnOperationEnded();
        return new IoResult(result);
    }

    private unsafe void CheckAligned(long offset, BufferSlice slice) =>
        Invariant.Check(offset >= 0 && slice.Length > 0
            && ((offset | (long)slice.Address | (long)slice.Length) & (SectorBytes - 1)) == 0);

    private bool TryEnter(out ValueTask<IoResult> refusal)
    {
        Invariant.Check(_reactor.IsCurrent);
        refusal = default;
        if (_closing is not null)
        {
            refusal = new ValueTask<IoResult>(IoResult.Failed(Errno.Canceled));
            return false;
        }

        _pending++;
        return true;
    }

    private void Close() => _reactor.Submit(new CloseOperation(_reactor, Descriptor, OnClosed));

    private void OnClosed()
    {
        _reactor.Unregister(this);
        _closing!.SetResult();
    }
}
