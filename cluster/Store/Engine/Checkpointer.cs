using Uss.Runtime;

namespace Uss.Store;

/// <summary>
/// Writes checkpoints while work goes on. Images of changed maps first, each as the map is at that moment; then object
/// table and bitmap as they are at one instant, frozen by copy on change; then the superblock, which makes it count.
/// </summary>
internal sealed partial class Checkpointer
{
    private readonly StoreCore _core;
    private readonly WriteAheadLog _log;
    private readonly WaitList _done = new();
    private uint _rootChecksum;

    /// <summary>Creates the checkpointer of a store.</summary>
    public Checkpointer(StoreCore core, WriteAheadLog log)
    {
        _core = core;
        _log = log;
    }

    /// <summary>True while one is being written.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>Checkpoints begun since the store was opened.</summary>
    public long Runs { get; private set; }

    /// <summary>Waits for the one that is being written, if any.</summary>
    public async ValueTask WaitAsync()
    {
        while (IsRunning)
            await _done.WaitAsync();
    }

    /// <summary>Writes a checkpoint.</summary>
    /// <returns>What went wrong; when the host has no space, the last checkpoint stays and nothing is lost.</returns>
    public async ValueTask<IoResult> RunAsync()
    {
        Invariant.Check(!IsRunning);
        IsRunning = true;
        Runs++;

        // Layers neither go nor merge while a checkpoint is written, so that no record needs one that it has not got.
        // Those that wait for room in the log would wait for the checkpoint.
        while (_core.RemovalsInFlight > 0 && !_log.IsFull)
            await _core.Relief.WaitAsync();
        var superblock = _core.Superblock;
        superblock.Generation++;
        superblock.ReplayLsn = _log.CommittedLsn;
        superblock.ReplayPosition = _log.CommittedPosition;
        superblock.PreviousHeaderChecksum = _log.CommittedHeaderChecksum;
        if ((_core.Options.Faults & StoreFaults.TrimLogEarly) != 0)
            _log.OnCheckpoint(superblock.ReplayPosition, superblock.ReplayLsn);
        var io = _core.IsReadOnly ? IoResult.Failed(Errno.Io)
            : _core.RemovalsInFlight > 0 ? IoResult.Failed(Errno.NoSpace)
            : await WriteImagesAsync();
        if (io.IsOk)
            io = await WriteFrozenAsync(superblock);
        if (!io.IsOk && io.Error != Errno.NoSpace)
            _core.Fail("checkpoint-failed", "Writing a checkpoint", io);
        IsRunning = false;
        _done.WakeAll();
        _core.Relief.WakeAll();
        return io;
    }

    private async ValueTask<IoResult> WriteFrozenAsync(Superblock superblock)
    {
        var state = _core.State;
        superblock.FrozenLsn = _log.CommittedLsn;
        superblock.HighestVersion = state.HighestVersion;
        superblock.Frontier = state.Allocator.Frontier;
        superblock.Flags = _core.HasPendingDiscards ? Superblock.PendingDiscardsFlag : 0;
        state.Table.Pages.Freeze();
        state.Used.Pages.Freeze();
        var io = await WriteChunksAsync(superblock);
        superblock.RootChecksum = _rootChecksum;
        state.Table.Pages.Thaw();
        state.Used.Pages.Thaw();
        if (io.IsOk)
            io = await WriteSuperblockAsync(superblock);
        if (!io.IsOk)
            return io;
        _core.Superblock = superblock;
        _core.Checkpoints++;
        state.DurableCheckpoint++;
        state.FreeRetiredPages();
        _log.OnCheckpoint(superblock.ReplayPosition, superblock.FrozenLsn);
        return io;
    }

    private async ValueTask<IoResult> WriteSuperblockAsync(Superblock superblock)
    {
        var buffer = _core.Reactor.Buffers.Rent(Superblock.Bytes);
        superblock.Write(buffer.Slice(0, Superblock.Bytes).Span);
        var isPremature = (_core.Options.Faults & StoreFaults.SuperblockBeforeFlush) != 0;
        var io = isPremature ? default : await FlushAsync();
        if (io.IsOk)
            io = await WriteAsync(Superblock.OffsetOf(superblock.Area), buffer.Slice(0, Superblock.Bytes));
        if (io.IsOk)
            io = await FlushAsync();
        buffer.Release();
        return io;
    }

    private async ValueTask<IoResult> FlushAsync()
    {
        if (!_core.Disk.NeedsFlush)
            return default;
        _core.Flushes++;
        return await _core.Disk.FlushAsync();
    }

    private async ValueTask<IoResult> WriteAsync(long offset, BufferSlice source)
    {
        if (_core.IsReadOnly)
            return IoResult.Failed(Errno.Io);
        var io = await _core.Disk.WriteAsync(offset, source);
        if (io.IsOk)
            _core.BytesWritten += source.Length;
        return io;
    }
}
