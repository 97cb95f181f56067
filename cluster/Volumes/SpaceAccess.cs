using Uss.Replication;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

/// <summary>
/// Bytes of the spaces of one pool: splits ranges over objects and their placement groups, and orders operations that overlap. An
/// aligned operation within one object takes the shortest path: one ticket, one call of its placement group.
/// </summary>
/// <remarks>
/// The range lock here keeps what one front-end does in order, also across objects. What must be atomic whichever
/// front-end it comes from (part of a block, compare-and-write) is done by the primary of the placement group; a
/// compare-and-write that crosses objects is atomic at one front-end only.
/// </remarks>
internal sealed partial class SpaceAccess(Pool pool, VolumeContext context)
{
    private readonly VolumeContext _context = context;
    private readonly RangeLock _locks = new(context.Reactor);
    private readonly Pool _pool = pool;
    private bool _isRetired;

    /// <summary>The pool.</summary>
    public Pool Pool => _pool;

    /// <summary>Operations under way.</summary>
    public int Pending => _locks.Count;

    /// <summary>Ends what takes long.</summary>
    public void Retire() => _isRetired = true;

    /// <summary>Completes once what is under way in a space is done.</summary>
    public async ValueTask DrainAsync(ulong space)
    {
        var ticket = _locks.Enter(space, 0, long.MaxValue / StoreUnits.BlockBytes, true);
        if (!ticket.IsGranted)
            await ticket.WaitAsync();
        _locks.Leave(ticket);
    }

    // Takes the place in the order for the blocks that the byte range touches.
    private RangeLockTicket Enter(ulong space, long offset, long length, bool isExclusive)
    {
        var first = offset / StoreUnits.BlockBytes;
        var end = (offset + length + StoreUnits.BlockBytes - 1) / StoreUnits.BlockBytes;
        return _locks.Enter(space, first, end - first, isExclusive);
    }

    private static ObjectId ObjectAt(ulong space, long offset) => new(space, (uint)(offset / StoreUnits.ObjectBytes));

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
