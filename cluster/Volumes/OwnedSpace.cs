using System.Runtime.CompilerServices;
using Uss.Replication;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

/// <summary>
/// The metadata space of a file system as its owner has it: the node that is primary of the group that holds it, in one term of being so.
/// A later term, here or elsewhere, needs another object, and this one changes nothing any more.
/// </summary>
public sealed class OwnedSpace
{
    private readonly PlacementGroup _group;
    private readonly long _term;
    private readonly ulong _space;
    private readonly ChecksumArrays _checksums = new();

    internal OwnedSpace(PlacementGroup group, ulong space)
    {
        _group = group;
        _term = group.Term;
        _space = space;
    }

    /// <summary>True while nobody else can have become the owner. It may turn true again, for as long as <see cref="IsOver"/> is false.</summary>
    public bool IsHeld => _group.IsHeld(_term);

    /// <summary>True once it is held never again.</summary>
    public bool IsOver => _group.Term != _term || _group.State != GroupState.Active;

    /// <summary>Reads whole blocks within one object.</summary>
    /// <param name="offset">First byte, a multiple of 4096.</param>
    /// <param name="target">Page-aligned, a multiple of 4096 bytes; the caller keeps its reference.</param>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<VolumeStatus> ReadAsync(long offset, BufferSlice target)
    {
        var result = IsOver ? new GroupResult(GroupStatus.NotServed) : await _group.ReadAsync(ObjectAt(offset), BlockAt(offset), target);
        return IsOver ? VolumeStatus.Unavailable : StatusOf(result);
    }

    /// <summary>Writes whole blocks within one object; durable when it completes, or never done once the term is over.</summary>
    /// <param name="offset">First byte, a multiple of 4096.</param>
    /// <param name="source">Page-aligned, a multiple of 4096 bytes; the caller keeps its reference.</param>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<VolumeStatus> WriteAsync(long offset, BufferSlice source)
    {
        var blocks = source.Length / StoreUnits.BlockBytes;
        var checksums = _checksums.Rent(blocks);
        for (var i = 0; i < blocks; i++)
            checksums[i] = Crc32C.Compute(source.Span.Slice(i * StoreUnits.BlockBytes, StoreUnits.BlockBytes));
        var result = await _group.WriteAsync(
            ObjectAt(offset), BlockAt(offset), source, checksums.AsMemory(0, blocks), operation: null, term: _term);
        _checksums.Return(checksums);
        return StatusOf(result);
    }

    /// <summary>Makes whole blocks within one object absent; durable when it completes, or never done once the term is over.</summary>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<VolumeStatus> DiscardAsync(long offset, int length) =>
        StatusOf(await _group.DiscardAsync(ObjectAt(offset), BlockAt(offset), length / StoreUnits.BlockBytes, term: _term));

    private ObjectId ObjectAt(long offset) => new(_space, (uint)(offset / StoreUnits.ObjectBytes));

    private static int BlockAt(long offset) => (int)(offset % StoreUnits.ObjectBytes / StoreUnits.BlockBytes);

    private static VolumeStatus StatusOf(GroupResult result) => result.Status switch
    {
        GroupStatus.Ok => VolumeStatus.Ok,
        GroupStatus.NoSpace => VolumeStatus.NoSpace,
        GroupStatus.Damaged => VolumeStatus.Damaged,
        _ => VolumeStatus.Unavailable,
    };
}
