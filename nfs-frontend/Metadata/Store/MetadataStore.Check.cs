using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>Checks while it is open.</summary>
public sealed partial class MetadataStore
{
    private const int CheckpointTries = 6_000;
    private const long CheckpointRetryNs = 5_000_000;

    /// <summary>
    /// Checks the last checkpoint as it lies in the space, while operations go on. Pages that they free stay in use meanwhile. The log is
    /// left alone: it is being written.
    /// </summary>
    /// <param name="visitor">Sees all records; null: nobody looks at what they mean. Closing the store waits until it stops.</param>
    public async ValueTask<Result<MetadataCheckReport>> CheckAsync(IRecordVisitor? visitor = null)
    {
        if (_isLost || _isClosing)
            return FaultOf(RecordStatus.Lost, "The superblock");
        _runningOperations++;
        _map.Hold();
        var report = await MetadataCheck.RunAsync(_space, hasLog: false, visitor);
        _map.Release();
        _runningOperations--;
        return report;
    }

    /// <summary>
    /// Writes a checkpoint of what has changed, so that a check sees all of it; gives up after half a minute without room for one.
    /// </summary>
    public async ValueTask CheckpointAsync()
    {
        for (var tries = 0; tries < CheckpointTries && !_isLost && !_isClosing && _cache.DirtyPages > 0; tries++)
        {
            if (CanCheckpoint && !Log.IsStarved)
            {
                StartCheckpoint();
                break;
            }

            await _reactor.DelayAsync(CheckpointRetryNs);
        }

        for (var tries = 0; tries < CheckpointTries && _isCheckpointing && !_isLost; tries++)
            await _reactor.DelayAsync(CheckpointRetryNs);
    }
}
