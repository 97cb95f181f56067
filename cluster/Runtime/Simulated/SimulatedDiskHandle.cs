namespace Uss.Runtime.Simulated;

/// <summary>One open of a <see cref="SimulatedDisk"/>.</summary>
internal sealed class SimulatedDiskHandle(SimulatedDisk disk, SimulatedReactor reactor, bool isReadOnly) : IDisk
{
    // How often a close looks whether the operations under way have ended.
    private const long ClosePollNs = 5_000;

    public SimulatedReactor Reactor { get; } = reactor;

    public bool IsReadOnly { get; } = isReadOnly;

    public bool IsClosed { get; private set; }

    public int OperationsInFlight { get; set; }

    public string Path => disk.Path;

    public long SizeBytes { get; set; } = disk.SizeBytes;

    public int SectorBytes => disk.Options.SectorBytes;

    public bool NeedsFlush => disk.Options.NeedsFlush;

    public bool IsFile => disk.Options.IsFile;

    public ValueTask<IoResult> ReadAsync(long offset, BufferSlice target)
    {
        CheckTransfer(offset, target);
        return disk.Submit(new SimulatedDiskOperation(this, DiskOperationKind.Read, offset, target.Length, target));
    }

    public ValueTask<IoResult> WriteAsync(long offset, BufferSlice source)
    {
        CheckTransfer(offset, source);
        Invariant.Check(!IsReadOnly);
        Invariant.Check(offset <= SizeBytes - source.Length);
        return disk.Submit(new SimulatedDiskOperation(this, DiskOperationKind.Write, offset, source.Length, source));
    }

    public ValueTask<IoResult> FlushAsync()
    {
        CheckOpen();
        return disk.Submit(new SimulatedDiskOperation(this, DiskOperationKind.Flush, 0, 0, default));
    }

    public ValueTask<IoResult> DiscardAsync(long offset, long lengthBytes)
    {
        CheckOpen();
        Invariant.Check(!IsReadOnly);
        Invariant.Check(offset % SectorBytes == 0 && lengthBytes % SectorBytes == 0);
        Invariant.Check(offset >= 0 && lengthBytes > 0 && offset <= SizeBytes - lengthBytes);
        return disk.Submit(new SimulatedDiskOperation(this, DiskOperationKind.Discard, offset, lengthBytes, default));
    }

    public ValueTask<IoResult> RefreshSizeAsync()
    {
        CheckOpen();
        return disk.Submit(new SimulatedDiskOperation(this, DiskOperationKind.RefreshSize, 0, 0, default));
    }

    public async ValueTask CloseAsync()
    {
        if (IsClosed)
            return;
        IsClosed = true;
        while (OperationsInFlight > 0)
            await Reactor.DelayAsync(ClosePollNs);
        disk.Unlock(this);
    }

    public void Complete(SimulatedDiskOperation operation) => disk.Complete(operation);

    private unsafe void CheckTransfer(long offset, BufferSlice slice)
    {
        CheckOpen();
        Invariant.Check(offset >= 0 && offset % SectorBytes == 0);
        Invariant.Check(slice.Length > 0 && slice.Length % SectorBytes == 0);
        Invariant.Check((nuint)slice.Address % (nuint)SectorBytes == 0);
        Invariant.Check(slice.Buffer.IsRented);
    }

    private void CheckOpen()
    {
        Reactor.CheckIsCurrent();
        Invariant.Check(!IsClosed);
    }
}
