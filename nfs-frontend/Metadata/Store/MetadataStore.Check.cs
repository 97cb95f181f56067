using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>Checks while it is open.</summary>
public sealed partial class MetadataStore
{
    /// <summary>
    /// Checks the last checkpoint as it lies in the space, while operations go on. Pages that they free stay in use meanwhile. The log is
    /// left alone: it is being written.
    /// </summary>
    public async ValueTask<Result<MetadataCheckReport>> CheckAsync()
    {
        if (_isLost || _isClosing)
            return FaultOf(RecordStatus.Lost, "The superblock");
        _runningOperations++;
        _map.Hold();
        var report = await MetadataCheck.RunAsync(_space, hasLog: false);
        _map.Release();
        _runningOperations--;
        return report;
    }
}
