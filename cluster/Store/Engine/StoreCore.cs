using Uss.Runtime;

namespace Uss.Store;

/// <summary>What the parts of one open store share.</summary>
internal sealed class StoreCore : IDisposable
{
    private readonly Stack<StoreChange> _changes = new();
    private bool _isDisposed;

    /// <summary>Creates the core of a store on an open disk.</summary>
    public StoreCore(Reactor reactor, IDisk disk, StoreOptions options, in Superblock superblock)
    {
        Reactor = reactor;
        Disk = disk;
        Options = options;
        Superblock = superblock;
        Geometry = superblock.Geometry;
        Span<byte> id = stackalloc byte[16];
        superblock.DiskId.TryWriteBytes(id);
        DiskIdHalf = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(id);
        State = new StoreState(Geometry) { FreesImagesEarly = (options.Faults & StoreFaults.FreeImagesEarly) != 0 };
        Trim = new TrimQueue(Geometry);
        MemoryLimitBytes = options.MemoryBytes > 0 ? options.MemoryBytes : Math.Max(Geometry.SizeBytes / 1024, 32 << 20);
    }

    /// <summary>The reactor that owns the store.</summary>
    public Reactor Reactor { get; }

    /// <summary>The disk.</summary>
    public IDisk Disk { get; }

    /// <summary>How it runs.</summary>
    public StoreOptions Options { get; }

    /// <summary>The newest durable superblock.</summary>
    public Superblock Superblock { get; set; }

    /// <summary>The zones.</summary>
    public StoreGeometry Geometry { get; }

    /// <summary>First half of the disk's id, in everything that the store writes.</summary>
    public ulong DiskIdHalf { get; }

    /// <summary>What the store knows.</summary>
    public StoreState State { get; }

    /// <summary>Freed blocks that the device has not heard of.</summary>
    public TrimQueue Trim { get; }

    /// <summary>Memory that maps, tables and bitmaps may take, in bytes.</summary>
    public long MemoryLimitBytes { get; }

    /// <summary>Why the store accepts no changes; null when it does.</summary>
    public Fault? ReadOnlyBecause { get; private set; }

    /// <summary>True when the store accepts no changes.</summary>
    public bool IsReadOnly => ReadOnlyBecause is not null;

    /// <summary>True once closing has begun.</summary>
    public bool IsClosing { get; set; }

    /// <summary>Operations that wait for space, memory or the log.</summary>
    public WaitList Relief { get; } = new();

    /// <summary>Called when the store becomes read-only.</summary>
    public Action? Failed { get; set; }

    /// <summary>Bytes of data that callers wrote.</summary>
    public long BytesAccepted { get; set; }

    /// <summary>Bytes written to the device.</summary>
    public long BytesWritten { get; set; }

    /// <summary>Flushes sent to the device.</summary>
    public long Flushes { get; set; }

    /// <summary>Blocks found damaged.</summary>
    public long DamagedBlocks { get; set; }

    /// <summary>Map images found damaged.</summary>
    public long DamagedMaps { get; set; }

    /// <summary>Checkpoints completed.</summary>
    public long Checkpoints { get; set; }

    /// <summary>Records on their way that remove or merge layers.</summary>
    public int RemovalsInFlight { get; set; }

    /// <summary>Free blocks that are being discarded to the device at this moment.</summary>
    public long BlocksInDiscard { get; set; }

    /// <summary>True while free space that may be looked through for discards has not been, after a crash.</summary>
    public bool IsDiscardScanWanted { get; set; }

    /// <summary>True when the device has not heard of all discards.</summary>
    public bool HasPendingDiscards =>
        IsDiscardScanWanted || Trim.Blocks > 0 || BlocksInDiscard > 0 || State.Frees.DiscardBlocks > 0;

    /// <summary>Bytes discarded to the device.</summary>
    public long BytesDiscarded { get; set; }

    /// <summary>Times that a write waited because the log ring was full.</summary>
    public long LogFullWaits { get; set; }

    /// <summary>Times that a write waited because too many maps were dirty.</summary>
    public long MemoryWaits { get; set; }

    /// <summary>Memory that maps may take: what the fixed structures leave, and never less than a little.</summary>
    public long MapLimitBytes =>
        Math.Max(MemoryLimitBytes - (State.MemoryBytes - State.Cache.MapBytes) - Trim.MemoryBytes, MemoryLimitBytes / 8);

    /// <summary>True when so many maps are dirty that writes wait for the checkpoint.</summary>
    public bool IsMemoryShort => State.Cache.DirtyBytes > MapLimitBytes / 4 * 3;

    /// <summary>True when a checkpoint should bring dirty memory down.</summary>
    public bool IsMemoryTight => State.Cache.DirtyBytes > MapLimitBytes / 2;

    /// <summary>A change from the pool.</summary>
    public StoreChange RentChange()
    {
        if (!_changes.TryPop(out var change))
            change = new StoreChange(_changes) { Slot = -1 };
        return change;
    }

    /// <summary>Makes the store read-only for good. The first reason counts.</summary>
    public void Fail(string code, string what, IoResult io)
    {
        if (IsReadOnly)
            return;
        ReadOnlyBecause = io.Error == Errno.NoSpace
            ? new Fault(
                "host-file-system-full",
                $"{what} of {Disk.Path} failed: the file system that holds it is full; the store serves reads only.",
                "Free space on that file system and restart.")
            : new Fault(
                code,
                $"{what} of {Disk.Path} failed: {Errno.Describe(io.Error)}; the store serves reads only.",
                "Replace the disk. What was acknowledged before is kept.");
        Failed?.Invoke();
        Relief.WakeAll();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        State.Dispose();
        Trim.Dispose();
    }
}
