using Uss.Runtime.Threaded;

namespace Uss.Runtime.Portable;

public sealed partial class PortableReactor
{
    private readonly Stack<PortableDiskOperation> _diskOperations = new();

    /// <inheritdoc/>
    public override async ValueTask<Result<IDisk>> OpenDiskAsync(string path, DiskOpenOptions options)
    {
        Invariant.Check(IsCurrent);
        if (IsStopping)
            return SocketFaults.Stopping(Name);
        var opened = await RunOffThreadAsync(() => DiskOpener.Open(path, options));
        return opened.IsOk ? Result<IDisk>.Ok(new PortableDisk(this, opened.Value)) : opened.Fault;
    }

    internal PortableDiskOperation RentDiskOperation() =>
        _diskOperations.TryPop(out var operation) ? operation : new PortableDiskOperation(this, _diskOperations);
}
