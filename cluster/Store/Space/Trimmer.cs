using Uss.Runtime;

namespace Uss.Store;

/// <summary>
/// Tells the device, in the background, of blocks that discards and deletes have freed: gathers for a while, then
/// discards runs that are still free, taking each out of the allocator while the device works on it.
/// </summary>
internal sealed class Trimmer(StoreCore core)
{
    private const long NsPerMs = 1_000_000;

    // Between two discards others get their turn: hole punching holds the host file's lock.
    private const long PauseNs = 2 * NsPerMs;

    // Blocks looked through in one turn: a page of the bitmap.
    private const int BlocksPerScan = PagedBitmap.BitsPerPage;

    private readonly WaitList _stopped = new();
    private ReactorTimer? _timer;
    private bool _isRunning;
    private bool _isUnsupported;

    /// <summary>Starts gathering if anything waits.</summary>
    public void Consider()
    {
        var hasWork = core.Trim.Blocks > 0 || core.IsDiscardScanWanted;
        if (!hasWork || _timer is not null || _isRunning || _isUnsupported || core.IsClosing || core.IsReadOnly)
            return;
        _timer = core.Reactor.Schedule(core.Options.DiscardDelayMs * NsPerMs, static state => ((Trimmer)state!).Start(), this);
    }

    /// <summary>Stops after the discard that is under way.</summary>
    public async ValueTask StopAsync()
    {
        _timer?.Cancel();
        _timer = null;
        while (_isRunning)
            await _stopped.WaitAsync();
    }

    private void Start()
    {
        _timer = null;
        _isRunning = true;
        core.Reactor.Spawn(RunAsync());
    }

    private async ValueTask RunAsync()
    {
        if (core.IsDiscardScanWanted)
            await ScanAsync();
        ulong position = 1;
        while (core.Trim.Next(position) is var next && next >= position && next != 0 && !core.IsClosing && !core.IsReadOnly)
        {
            var (address, length) = TakeRun(next);
            position = address + (ulong)length;
            if (length * StoreUnits.BlockBytes < core.Options.DiscardMinimumBytes || !core.State.Allocator.IsFree(next))
                continue;
            core.State.Allocator.Reserve(address, (int)length);
            core.BlocksInDiscard += length;
            var io = await core.Disk.DiscardAsync((long)address * StoreUnits.BlockBytes, length * StoreUnits.BlockBytes);
            core.BlocksInDiscard -= length;
            core.State.Allocator.Release(address, (int)length, isWarm: false);
            core.BytesDiscarded += io.IsOk ? length * StoreUnits.BlockBytes : 0;
            _isUnsupported = io.Error == Errno.NotSupported;
            if (_isUnsupported)
                break;
            core.Relief.WakeAll();
            await core.Reactor.DelayAsync(PauseNs);
        }

        _isRunning = false;
        _stopped.WakeAll();
        Consider();
    }

    // What waited at a crash is not known any more: every free run below the frontier may be one. Telling the device
    // again what it has heard of costs it little.
    private async ValueTask ScanAsync()
    {
        var address = (ulong)core.Geometry.FirstDataAddress;
        var end = address + (ulong)core.State.Allocator.Frontier;
        while (address < end && !core.IsClosing && !core.IsReadOnly)
        {
            var stop = Math.Min(address + BlocksPerScan, end);
            while (core.State.Allocator.NextFreeRun(address, stop) is var (first, length) && length > 0)
            {
                if (length * StoreUnits.BlockBytes >= core.Options.DiscardMinimumBytes)
                    core.Trim.Add(first, length);
                address = first + (ulong)length;
            }

            address = stop;
            await core.Reactor.YieldAsync();
        }

        core.IsDiscardScanWanted = address < end;
    }

    // The free run around a block that waits, forgotten by the queue; the block alone when it is in use again.
    private (ulong Address, long Length) TakeRun(ulong block)
    {
        var piece = (ulong)(core.Options.DiscardPieceBytes / StoreUnits.BlockBytes);
        var from = Math.Max(block / piece * piece, (ulong)core.Geometry.FirstDataAddress);
        var end = Math.Min((block / piece * piece) + piece, (ulong)(core.Geometry.FirstDataAddress + core.Geometry.DataBlocks));
        var run = core.State.Allocator.IsFree(block) ? core.State.Allocator.FreeRunAt(block, from, end) : (block, 1);
        core.Trim.Remove(run.Item1, run.Item2);
        return run;
    }
}
