using Uss.Runtime.Threaded;

namespace Uss.Runtime.IoUring;

public sealed partial class IoUringReactor
{
    private readonly Stack<DiskOperation> _diskOperations = new();

    /// <inheritdoc/>
    public override async ValueTask<Result<IDisk>> OpenDiskAsync(string path, DiskOpenOptions options)
    {
        Invariant.Check(IsCurrent);
        if (IsStopping)
            return SocketFaults.Stopping(Name);
        var opened = await RunOffThreadAsync(() => DiskOpener.Open(path, options));
        return opened.IsOk ? Result<IDisk>.Ok(new IoUringDisk(this, opened.Value)) : opened.Fault;
    }

    internal DiskOperation RentDiskOperation() =>
        _diskOperations.TryPop(out var operation) ? operation : new DiskOperation(this, _diskOperations);
}
