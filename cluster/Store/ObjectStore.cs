using Uss.Runtime;

namespace Uss.Store;

/// <summary>
/// One disk as a crash-safe store of objects: redirect on write, a log ring with group commit, checkpoints, and a
/// checksum for every block. <c>docs/store.md</c> says how it works.
/// </summary>
public sealed partial class ObjectStore : IObjectStore
{
    private readonly StoreCore _core;
    private readonly WriteAheadLog _log;
    private readonly MapLoader _loader;
    private readonly Checkpointer _checkpointer;
    private readonly Remover _remover;
    private readonly Trimmer _trimmer;
    private readonly Stack<ReadRequest> _reads = new();
    private readonly WaitList _drained = new();
    private int _activeOperations;
    private int _marksInFlight;
    private bool _isClosed;

    private ObjectStore(StoreCore core)
    {
        _core = core;
        _log = new WriteAheadLog(core) { Committed = OnCommitted, Full = ConsiderCheckpoint };
        _loader = new MapLoader(core);
        _checkpointer = new Checkpointer(core, _log);
        _remover = new Remover(core, _log, _loader, _checkpointer);
        _trimmer = new Trimmer(core);
    }

    /// <inheritdoc/>
    public Guid DiskId => _core.Superblock.DiskId;

    /// <inheritdoc/>
    public ulong HighestVersion => _core.State.HighestVersion;

    /// <inheritdoc/>
    public StoreStatistics Statistics => new()
    {
        DataBytes = _core.Geometry.DataBlocks * StoreUnits.BlockBytes,
        UsedBytes = _core.State.Used.SetCount * StoreUnits.BlockBytes,
        IsShortOfMaps = IsShortOfMaps,
        Objects = _core.State.Table.Objects,
        MemoryBytes = _core.State.MemoryBytes + _core.Trim.MemoryBytes,
        BytesAccepted = _core.BytesAccepted,
        BytesWritten = _core.BytesWritten,
        Flushes = _core.Flushes,
        DamagedBlocks = _core.DamagedBlocks,
        Checkpoints = _core.Checkpoints,
        LogBytes = _log.UsedBytes,
        ReadOnlyBecause = _core.ReadOnlyBecause,
    };

    // A sixteenth left: room for what is under way until those who write hear of it.
    private bool IsShortOfMaps =>
        _core.State.ImagePagesNeeded + _core.State.ImagePagesReserved > _core.State.ImagePagesForWrites / 16 * 15
        || _core.State.Table.UsedSlots > (_core.State.Table.Slots - ReservedSlots) / 16 * 15;

    /// <summary>The parts, for tests and tools of this assembly.</summary>
    internal StoreCore Core => _core;

    /// <summary>The log, for tests of this assembly.</summary>
    internal WriteAheadLog Log => _log;

    /// <summary>True while a checkpoint is being written, for tests of this assembly.</summary>
    internal bool IsCheckpointing => _checkpointer.IsRunning;

    private ReadRequest RentRead(int firstBlock, BufferSlice target)
    {
        if (!_reads.TryPop(out var request))
            request = new ReadRequest();
        request.Begin(firstBlock, target);
        return request;
    }

    private void EndOperation()
    {
        if (--_activeOperations == 0 && _drained.HasWaiters)
            _drained.WakeAll();
    }

    private void Unpin(int slot)
    {
        ref var state = ref _core.State.Table.State(slot);
        if (--state.Pins > 0 || _core.State.Table.Read(slot).Kind != TableEntryKind.Reserved)
            return;
        _core.State.Cache.Detach(slot);
        _core.State.Table.Remove(slot);
    }

    private static void CheckRange(int firstBlock, int blocks) =>
        Invariant.Check(firstBlock >= 0 && blocks > 0 && firstBlock <= StoreUnits.BlocksPerObject - blocks);

    private static int BlocksOf(BufferSlice slice)
    {
        Invariant.Check(slice.Offset % StoreUnits.BlockBytes == 0 && slice.Length % StoreUnits.BlockBytes == 0);
        return slice.Length / StoreUnits.BlockBytes;
    }
}
