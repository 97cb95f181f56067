using Uss.Runtime;

namespace Uss.Store;

/// <summary>Opening.</summary>
public sealed partial class ObjectStore
{
    /// <summary>Opens the store on the disk or file at <paramref name="path"/> and recovers it.</summary>
    /// <param name="reactor">The reactor that will own it.</param>
    /// <param name="path">A block device or file that was formatted.</param>
    /// <param name="options">How it runs.</param>
    /// <returns>The store, or why not: locked, not a disk of USS, truncated, damaged, of a newer format.</returns>
    public static async ValueTask<Result<ObjectStore>> OpenAsync(Reactor reactor, string path, StoreOptions options)
    {
        var opened = await reactor.OpenDiskAsync(path, default);
        if (!opened.IsOk)
            return opened.Fault;
        var store = await OpenAsync(reactor, opened.Value, options);
        if (!store.IsOk)
            await opened.Value.CloseAsync();
        return store;
    }

    /// <summary>Opens the store on an open disk, which belongs to the store once this succeeds.</summary>
    /// <param name="reactor">The reactor that owns the disk.</param>
    /// <param name="disk">The disk.</param>
    /// <param name="options">How it runs.</param>
    /// <returns>The store, or why not: not a disk of USS, truncated, damaged, of a newer format.</returns>
    public static async ValueTask<Result<ObjectStore>> OpenAsync(Reactor reactor, IDisk disk, StoreOptions options)
    {
        var superblock = await SuperblockReader.ReadAsync(reactor, disk, options);
        if (!superblock.IsOk)
            return superblock.Fault;
        var store = new ObjectStore(new StoreCore(reactor, disk, options, superblock.Value.Superblock));
        if (await store.RecoverAsync(superblock.Value.IsOtherDamaged) is not { } fault)
            return store;
        store._core.IsClosing = true;
        store._idleTimer?.Cancel();
        await store._trimmer.StopAsync();
        await store._checkpointer.WaitAsync();
        if (store._log.IsStarted)
            await store._log.StopAsync();
        store._core.Dispose();
        return fault;
    }

    private async ValueTask<Fault?> RecoverAsync(bool isOtherDamaged)
    {
        // What a killed process wrote may be in the device's cache only. A checkpoint or log batch that recovery sees there
        // is built upon at once, so it must be durable first: power may fail before the next commit.
        if (_core.Disk.NeedsFlush && await _core.Disk.FlushAsync() is { IsOk: false } failed)
        {
            return new Fault(
                "disk-flush-failed",
                $"Flushing {_core.Disk.Path} failed: {Errno.Describe(failed.Error)}.",
                "Replace the disk. What was acknowledged before is kept.");
        }

        if (await new CheckpointLoader(_core).LoadAsync() is { } damaged)
            return damaged;
        using var recovery = new Recovery(_core, _loader);
        if (await recovery.RunAsync() is { } fault)
            return fault;
        if (isOtherDamaged && await EraseOtherSuperblockAsync() is { } unwritten)
            return unwritten;
        _core.State.Allocator.Load(_core.State.Used, Math.Max(_core.Superblock.Frontier, recovery.Frontier));
        _core.IsDiscardScanWanted = recovery.RecordsApplied > 0 || (_core.Superblock.Flags & Superblock.PendingDiscardsFlag) != 0;
        _log.Start(recovery.End);
        if (await MakeDurableAsync(recovery) is { } unwritable)
            return unwritable;
        _remover.Resume();
        _trimmer.Consider();
        return null;
    }

    // The log has proven that this superblock is enough. The other one may be newer all the same, and readable again some day: by then
    // its checkpoint and the map pages that it names will have been written over, so it must not count any more.
    private async ValueTask<Fault?> EraseOtherSuperblockAsync()
    {
        var buffer = _core.Reactor.Buffers.Rent(Superblock.Bytes);
        var page = buffer.Slice(0, Superblock.Bytes);
        Superblock.WriteErased(page.Span);
        var io = await _core.Disk.WriteAsync(Superblock.OffsetOf(_core.Superblock.Area ^ 1), page);
        if (io.IsOk && _core.Disk.NeedsFlush)
            io = await _core.Disk.FlushAsync();
        buffer.Release();
        return io.IsOk ? null : new Fault(
            "superblock-damaged",
            $"One of the superblocks of {_core.Disk.Path} is damaged and cannot be erased: {Errno.Describe(io.Error)}.",
            "Replace the disk and restore its data from the other copies.");
    }

    private async ValueTask<Fault?> MakeDurableAsync(Recovery recovery)
    {
        if (recovery.End.Lsn == recovery.End.Barrier)
            return null;

        // What is shown from now on must stay: one durable batch makes the records believed trusted, and names those
        // that were not, before anybody reads.
        if ((_core.Options.Faults & StoreFaults.ForgetDroppedRecords) == 0)
        {
            foreach (var (lsn, ordinal) in recovery.Dropped)
                _log.EnqueueVoid(lsn, ordinal, null);
        }

        _log.RequestBarrier();
        while (_log.DurableBarrier < recovery.End.Lsn)
        {
            if (_core.ReadOnlyBecause is { } reason)
                return reason;
            if (_log.IsFull && !_checkpointer.IsRunning && _core.Reactor.MonotonicNs < _checkpointNotBeforeNs)
                return HostIsFull();
            await _core.Relief.WaitAsync();
        }

        return null;
    }

    private Fault HostIsFull() =>
        new(
            "host-file-system-full",
            $"{_core.Disk.Path} cannot be opened: its log is full, and the file system that holds it has no space to empty it.",
            "Free space on that file system and try again.");
}
