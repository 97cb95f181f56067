using Uss.Runtime.Threaded;

namespace Uss.Runtime.IoUring;

public sealed partial class IoUringReactor
{
    private readonly Stack<DiskOperation> _diskOperations = new();

    /// <inheritdoc/>
    public override async ValueTask<Result<IDisk>> OpenDiskAsync(string path, DiskOpenOptions options)
    {
        Invariant.Check(IsCurrent);
        var opened = await RunOffThreadAsync(() => DiskOpener.Open(path, options));
        if (!opened.IsOk)
            return opened.Fault;
        if (!IsStopping)
            return Result<IDisk>.Ok(new IoUringDisk(this, opened.Value));
        _ = Libc.Close(opened.Value.Descriptor);
        return SocketFaults.Stopping(Name);
    }

    internal DiskOperation RentDiskOperation() =>
        _diskOperations.TryPop(out var operation) ? operation : new DiskOperation(this, _diskOperations);
}
