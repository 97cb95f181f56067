using Uss.Replication;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

/// <summary>
/// A thin volume: splits byte ranges over objects and their placement groups, and orders operations that overlap. An
/// aligned operation within one object takes the shortest path: one ticket, one call of its placement group.
/// </summary>
/// <remarks>
/// The range lock here keeps what one front-end does in order, also across objects. What must be atomic whichever
/// front-end it comes from (part of a block, compare-and-write) is done by the primary of the placement group; a
/// compare-and-write that crosses objects is atomic at one front-end only.
/// </remarks>
public sealed partial class Volume : IVolume
{
    private readonly VolumeContext _context;
    private readonly RangeLock _locks;
    private readonly Pool _pool;
    private bool _isRemoved;

    internal Volume(VolumeRecord record, Pool pool, VolumeContext context)
    {
        Record = record;
        Id = new VolumeId(VolumeRecord.ParseId(record.Id));
        Space = VolumeRecord.ParseId(record.Space);
        SizeBytes = record.SizeBytes;
        _pool = pool;
        _context = context;
        _locks = new RangeLock(context.Reactor);
    }

    /// <inheritdoc/>
    public VolumeId Id { get; }

    /// <inheritdoc/>
    public string Name => Record.Name;

    /// <inheritdoc/>
    public long SizeBytes { get; private set; }

    /// <summary>The record that it runs under.</summary>
    public VolumeRecord Record { get; private set; }

    /// <summary>The space of its address range.</summary>
    public ulong Space { get; }

    /// <summary>Pool that holds it.</summary>
    public Pool Pool => _pool;

    /// <summary>Operations under way.</summary>
    public int Pending => _locks.Count;

    /// <inheritdoc/>
    public ValueTask<VolumeResult> FlushAsync() => new(_isRemoved ? new VolumeResult(VolumeStatus.Removed) : VolumeResult.Ok);

    /// <summary>Takes over a changed record; operations that start now see its size.</summary>
    internal void Apply(VolumeRecord record)
    {
        Record = record;
        SizeBytes = record.SizeBytes;
    }

    /// <summary>Refuses operations from now on and completes once those under way are done.</summary>
    internal async ValueTask RetireAsync()
    {
        _isRemoved = true;
        var ticket = _locks.Enter(0, 0, long.MaxValue / StoreUnits.BlockBytes, true);
        if (!ticket.IsGranted)
            await ticket.WaitAsync();
        _locks.Leave(ticket);
    }

    private VolumeResult Check(long offset, long length)
    {
        if (_isRemoved)
            return new VolumeResult(VolumeStatus.Removed);
        var isInside = offset >= 0 && length >= 0 && offset <= SizeBytes - length;
        return isInside ? VolumeResult.Ok : new VolumeResult(VolumeStatus.OutOfRange);
    }

    // Takes the place in the order for the blocks that the byte range touches.
    private RangeLockTicket Enter(long offset, long length, bool isExclusive)
    {
        var first = offset / StoreUnits.BlockBytes;
        var end = (offset + length + StoreUnits.BlockBytes - 1) / StoreUnits.BlockBytes;
        return _locks.Enter(0, first, end - first, isExclusive);
    }

    private ObjectId ObjectAt(long offset) => new(Space, (uint)(offset / StoreUnits.ObjectBytes));

    // Address of a block of the object that the offset lies in.
    private static long AddressOf(long offset, int block) =>
        (offset / StoreUnits.ObjectBytes * StoreUnits.ObjectBytes) + ((long)block * StoreUnits.BlockBytes);

    private static int BlockInObject(long offset) => (int)(offset % StoreUnits.ObjectBytes / StoreUnits.BlockBytes);

    // True when the range consists of whole blocks of one object and the buffer can be used as it is.
    private static bool IsDirect(long offset, BufferSlice buffer) =>
        ((offset | (long)buffer.Length | (long)buffer.Offset) & (StoreUnits.BlockBytes - 1)) == 0
        && offset / StoreUnits.ObjectBytes == (offset + buffer.Length - 1) / StoreUnits.ObjectBytes;

    // How much of the range lies in the object that it starts in.
    private static int PieceLength(long offset, long length) =>
        (int)Math.Min(length, StoreUnits.ObjectBytes - (offset % StoreUnits.ObjectBytes));

    private static VolumeResult ToVolumeResult(GroupResult result, long offset) => result.Status switch
    {
        GroupStatus.Ok => VolumeResult.Ok,
        GroupStatus.NoSpace => new VolumeResult(VolumeStatus.NoSpace),
        GroupStatus.Damaged => new VolumeResult(VolumeStatus.Damaged, Math.Max(offset, AddressOf(offset, result.Position))),
        GroupStatus.Miscompare => new VolumeResult(VolumeStatus.Miscompare, result.Position),
        _ => new VolumeResult(VolumeStatus.Unavailable),
    };
}
