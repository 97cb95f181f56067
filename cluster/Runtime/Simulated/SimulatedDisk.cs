namespace Uss.Runtime.Simulated;

/// <summary>
/// A disk of a simulated world, whoever has it open: what is on its medium, what is in its volatile cache and what is
/// broken. <see cref="Reactor.OpenDiskAsync"/> opens it; this class is for those who arrange its fate.
/// </summary>
public sealed partial class SimulatedDisk
{
    private readonly SimulatedWorld _world;
    private readonly SeededRandom _random;
    private readonly List<SimulatedDiskOperation> _inFlight = [];
    private SimulatedDiskHandle? _lockedBy;

    internal SimulatedDisk(SimulatedWorld world, string path, long sizeBytes, SimulatedDiskOptions options)
    {
        Invariant.Check(options.SectorBytes is 512 or 4096);
        _world = world;
        _random = SeededRandom.Stream(world.Seed, "disk " + path);
        Path = path;
        SizeBytes = sizeBytes;
        Options = options;
    }

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>How it is built.</summary>
    public SimulatedDiskOptions Options { get; }

    /// <summary>What goes wrong on it by chance.</summary>
    public SimulatedDiskFaults Faults { get; } = new();

    /// <summary>Its size in bytes at this moment; see <see cref="Resize"/>.</summary>
    public long SizeBytes { get; private set; }

    /// <summary>Bytes of the host's file system that it occupies.</summary>
    public long AllocatedBytes { get; private set; }

    /// <summary>Bytes that were written to it, discards not counted.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Operations under way.</summary>
    public int OperationsInFlight => _inFlight.Count;

    /// <summary>True while a process has it open for writing.</summary>
    public bool IsLocked => _lockedBy is not null;

    /// <summary>The process that has it open for writing.</summary>
    internal SimulatedReactor? Owner => _lockedBy?.Reactor;

    internal Result<IDisk> Open(SimulatedReactor reactor, DiskOpenOptions options)
    {
        var handle = new SimulatedDiskHandle(this, reactor, options.ReadOnly);
        if (options.ReadOnly)
            return Result<IDisk>.Ok(handle);
        if (_lockedBy is not null)
        {
            return new Fault(
                "disk-locked",
                $"'{Path}' is in use by another process.",
                "Stop the other process, or choose another disk.");
        }

        _lockedBy = handle;
        return Result<IDisk>.Ok(handle);
    }

    internal void Unlock(SimulatedDiskHandle handle)
    {
        if (_lockedBy == handle)
            _lockedBy = null;
    }

    internal ValueTask<IoResult> Submit(SimulatedDiskOperation operation)
    {
        if (operation.Handle.Reactor.IsCrashed)
            return SimulatedWait<IoResult>.Never;
        operation.Position = _inFlight.Count;
        _inFlight.Add(operation);
        operation.Handle.OperationsInFlight++;
        switch (operation.Kind)
        {
            case DiskOperationKind.Flush:
                operation.Sequence = _lastWritten;
                break;
            case DiskOperationKind.Write when _random.Chance(0.5):
                // The device may fetch the bytes at any time before it reports; both ends of that span are tried.
                operation.Captured = System.Buffers.ArrayPool<byte>.Shared.Rent((int)operation.Length);
                operation.Slice.Span.CopyTo(operation.Captured);
                break;
            case DiskOperationKind.Read when _random.Chance(0.5):
                CopyOut(operation);
                break;
        }

        _world.Add(
            LatencyOf(operation.Kind),
            EventKind.DiskComplete,
            operation.Handle.Reactor,
            static state => ((SimulatedDiskOperation)state!).Handle.Complete((SimulatedDiskOperation)state),
            operation);
        return operation.Task;
    }

    internal void Complete(SimulatedDiskOperation operation)
    {
        Remove(operation);
        operation.CheckBuffer();
        var result = Execute(operation);
        _world.Fold(((long)operation.Kind << 56) ^ operation.Offset, ((long)result.Value << 32) ^ operation.Length);
        if (result.IsOk && !operation.Slice.IsEmpty)
            _world.Fold(operation.Slice.Span);
        _world.Trace?.Invoke($"{_world.NowNs} {Path} {operation.Kind} {operation.Offset}+{operation.Length}: {result}");
        Free(operation);
        operation.Complete(result);
    }

    /// <summary>The process died. Its writes in flight reach the disk whole, in part or not at all.</summary>
    /// <returns>True when the process had the disk open for writing.</returns>
    internal bool OnCrash(SimulatedReactor reactor)
    {
        for (var i = _inFlight.Count - 1; i >= 0; i--)
        {
            var operation = _inFlight[i];
            if (operation.Handle.Reactor != reactor)
                continue;
            Remove(operation);
            Interrupt(operation);
            Free(operation);
        }

        if (_lockedBy?.Reactor != reactor)
            return false;
        _lockedBy = null;
        return true;
    }

    private static void Free(SimulatedDiskOperation operation)
    {
        if (operation.Captured is not { } captured)
            return;
        operation.Captured = null;
        System.Buffers.ArrayPool<byte>.Shared.Return(captured);
    }

    private void Remove(SimulatedDiskOperation operation)
    {
        var last = _inFlight[^1];
        _inFlight[operation.Position] = last;
        last.Position = operation.Position;
        _inFlight.RemoveAt(_inFlight.Count - 1);
        operation.Handle.OperationsInFlight--;
    }

    private long LatencyOf(DiskOperationKind kind)
    {
        if (_random.Chance(Options.TailProbability))
        {
            _world.Count(FaultKind.LatencyTail);
            return _random.Next(Options.TailNs) + 1;
        }

        var shortestNs = kind switch
        {
            DiskOperationKind.Read => Options.ReadLatencyNs,
            DiskOperationKind.Flush => Options.FlushLatencyNs,
            DiskOperationKind.RefreshSize => 1_000,
            _ => Options.WriteLatencyNs,
        };
        var slowNs = Faults.MaximumDelayNs > 0 ? _random.Next(Faults.MaximumDelayNs) : 0;
        return slowNs + shortestNs + _random.Next((2 * shortestNs) + 1);
    }
}
