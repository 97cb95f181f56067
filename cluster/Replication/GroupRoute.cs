using System.Runtime.CompilerServices;
using Uss.Replication.Rpc;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

/// <summary>
/// The way to a placement group, wherever its primary is: this node, or another one over the network. An operation that
/// finds no primary, or loses it, waits for the next one and is done there.
/// </summary>
/// <remarks>
/// An operation is tried again only once its attempt was answered, or the connection that carried it is gone. A change that
/// may have taken effect says so, and members tell whether it has: it takes effect once.
/// </remarks>
public sealed class GroupRoute
{
    private const long LookAgainNs = 50_000_000;

    private readonly GroupContext _context;
    private readonly Pool _pool;

    /// <summary>Creates the way to a group.</summary>
    /// <param name="group">The primary's side on this node; it serves only while this node is the primary.</param>
    /// <param name="context">What the groups of the reactor share.</param>
    /// <param name="pool">The pool, which knows where an object is when the group has been split.</param>
    public GroupRoute(PlacementGroup group, GroupContext context, Pool pool)
    {
        Group = group;
        _context = context;
        _pool = pool;
    }

    /// <summary>The primary's side on this node.</summary>
    public PlacementGroup Group { get; }

    /// <summary>The newest record that this node knows.</summary>
    public GroupRecord? Record => Group.Record;

    /// <summary>Reads whole blocks; as <see cref="PlacementGroup.ReadAsync"/>.</summary>
    public ValueTask<GroupResult> ReadAsync(ObjectId id, int firstBlock, BufferSlice target, uint snapshotSequence = StoreUnits.Head) =>
        _context.IsAlone
            ? Group.ReadAsync(id, firstBlock, target, snapshotSequence)
            : FindAndReadAsync(id, firstBlock, target, snapshotSequence);

    /// <summary>
    /// Writes whole blocks; as <see cref="PlacementGroup.WriteAsync"/>. Every change says when it arrived, as
    /// <see cref="GroupContext.ArrivalNs"/> told then: it takes effect soon after or never.
    /// </summary>
    public ValueTask<GroupResult> WriteAsync(
        ObjectId id, int firstBlock, BufferSlice source, ReadOnlyMemory<uint> checksums, long arrivedNs) => _context.IsAlone
        ? Group.WriteAsync(id, firstBlock, source, checksums)
        : FindAndWriteAsync(id, firstBlock, source, checksums, arrivedNs);

    /// <summary>Writes a range of bytes; as <see cref="PlacementGroup.ModifyAsync"/>.</summary>
    public ValueTask<GroupResult> ModifyAsync(ObjectId id, int offset, BufferSlice source, BufferSlice expected, long arrivedNs) =>
        _context.IsAlone
            ? Group.ModifyAsync(id, offset, source, expected)
            : FindAndModifyAsync(id, offset, source, expected, arrivedNs);

    /// <summary>Makes blocks absent; as <see cref="PlacementGroup.DiscardAsync"/>.</summary>
    public ValueTask<GroupResult> DiscardAsync(ObjectId id, int firstBlock, int blockCount, long arrivedNs) =>
        _context.IsAlone ? Group.DiscardAsync(id, firstBlock, blockCount) : FindAndDiscardAsync(id, firstBlock, blockCount, arrivedNs);

    /// <summary>Asks for versions and checksums; as <see cref="PlacementGroup.DescribeAsync"/>.</summary>
    public async ValueTask<GroupResult> DescribeAsync(ObjectId id, int firstBlock, Memory<BlockDescription> blocks)
    {
        var untilNs = UntilNs;
        var fence = _context.Fence.BegunNumber;
        for (var group = Group; ; group = _pool.GroupOf(id))
        {
            var result = group.State == GroupState.Active ? await group.DescribeAsync(id, firstBlock, blocks)
                : FindPrimary(group) is { } primary ? await DescribeThereAsync(primary, id, firstBlock, blocks)
                : new GroupResult(GroupStatus.NotServed);
            if (!result.CanBeRepeated || !await MustRepeatAsync(untilNs, fence))
                return result;
        }
    }

    private long UntilNs => _context.Reactor.MonotonicNs + GroupContext.FreshnessNs;

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<GroupResult> FindAndReadAsync(ObjectId id, int firstBlock, BufferSlice target, uint snapshotSequence)
    {
        var untilNs = UntilNs;
        var fence = _context.Fence.BegunNumber;
        for (var group = Group; ; group = _pool.GroupOf(id))
        {
            var result = new GroupResult(GroupStatus.NotServed);
            if (group.State == GroupState.Active)
            {
                result = await group.ReadAsync(id, firstBlock, target, snapshotSequence);
            }
            else if (FindPrimary(group) is { } primary)
            {
                // Here rather than in a method of its own, which would be one more to suspend and resume for every read.
                var connection = primary.Connection!;
                var blocks = target.Length / StoreUnits.BlockBytes;
                var call = Rent(connection, RemoteOperation.GroupRead, id, firstBlock, blocks, snapshotSequence);
                call.Target = target;
                result = Finish(connection, call, await connection.CallAsync(call, RemoteReplica.TimeoutNs));
            }

            if (!result.CanBeRepeated || !await MustRepeatAsync(untilNs, fence))
                return result;
        }
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<GroupResult> FindAndWriteAsync(
        ObjectId id, int firstBlock, BufferSlice source, ReadOnlyMemory<uint> checksums, long arrivedNs)
    {
        var operation = _context.NextOperation(arrivedNs);
        var fence = _context.Fence.BegunNumber;
        for (var group = Group; ; group = _pool.GroupOf(id))
        {
            var result = new GroupResult(GroupStatus.NotServed);
            if (group.State == GroupState.Active)
            {
                result = await group.WriteAsync(id, firstBlock, source, checksums, 0, operation);
            }
            else if (FindPrimary(group) is { } primary)
            {
                var connection = primary.Connection!;
                var blocks = source.Length / StoreUnits.BlockBytes;
                var call = Rent(connection, RemoteOperation.GroupWrite, id, firstBlock, blocks, 0, At(primary, operation));
                call.Payload = source;
                call.Checksums = checksums;
                result = Finish(connection, call, await connection.CallAsync(call, RemoteReplica.TimeoutNs));
            }

            operation = operation with { IsRepeated = operation.IsRepeated || result.Status == GroupStatus.Unavailable };
            if (!result.CanBeRepeated || !await MustRepeatAsync(operation.UntilNs, fence, operation.IsRepeated))
                return result;
        }
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<GroupResult> FindAndDiscardAsync(ObjectId id, int firstBlock, int blockCount, long arrivedNs)
    {
        var operation = _context.NextOperation(arrivedNs);
        var fence = _context.Fence.BegunNumber;
        for (var group = Group; ; group = _pool.GroupOf(id))
        {
            var result = group.State == GroupState.Active ? await group.DiscardAsync(id, firstBlock, blockCount, 0, operation)
                : FindPrimary(group) is { } primary ? await DiscardThereAsync(primary, id, firstBlock, blockCount, operation)
                : new GroupResult(GroupStatus.NotServed);
            operation = operation with { IsRepeated = operation.IsRepeated || result.Status == GroupStatus.Unavailable };
            if (!result.CanBeRepeated || !await MustRepeatAsync(operation.UntilNs, fence, operation.IsRepeated))
                return result;
        }
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<GroupResult> FindAndModifyAsync(
        ObjectId id, int offset, BufferSlice source, BufferSlice expected, long arrivedNs)
    {
        var operation = _context.NextOperation(arrivedNs);
        var fence = _context.Fence.BegunNumber;
        for (var group = Group; ; group = _pool.GroupOf(id))
        {
            var result = group.State == GroupState.Active ? await group.ModifyAsync(id, offset, source, expected, operation)
                : FindPrimary(group) is { } primary ? await ModifyThereAsync(primary, id, offset, source, expected, operation)
                : new GroupResult(GroupStatus.NotServed);
            operation = operation with { IsRepeated = operation.IsRepeated || result.Status == GroupStatus.Unavailable };
            if (!result.CanBeRepeated || !await MustRepeatAsync(operation.UntilNs, fence, operation.IsRepeated))
                return result;
        }
    }

    // Waits for something to change where nobody serves the group now.
    private async ValueTask<bool> MustRepeatAsync(long untilNs, long fence, bool mayBeDone = false)
    {
        if (_context.IsAlone || _context.IsClosing || _context.Reactor.MonotonicNs >= untilNs)
            return false;
        await _context.WaitForChangeAsync(LookAgainNs);

        // Whether it may still be done has to be judged anew, by whoever began it.
        return mayBeDone || fence == _context.Fence.BegunNumber;
    }

    private Peer? FindPrimary(PlacementGroup group) =>
        group.Record is { } record && _context.NodeOf(record.Primary) is { IsConnected: true } peer ? peer : null;

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private static async ValueTask<GroupResult> DiscardThereAsync(
        Peer primary, ObjectId id, int firstBlock, int blockCount, OperationStamp operation)
    {
        var connection = primary.Connection!;
        var call = Rent(connection, RemoteOperation.GroupDiscard, id, firstBlock, blockCount, 0, At(primary, operation));
        return Finish(connection, call, await connection.CallAsync(call, RemoteReplica.TimeoutNs));
    }

    // The bytes stand in the payload where they stand in their blocks; what is expected comes first.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<GroupResult> ModifyThereAsync(
        Peer primary, ObjectId id, int offset, BufferSlice source, BufferSlice expected, OperationStamp operation)
    {
        var connection = primary.Connection!;
        var skip = offset % StoreUnits.BlockBytes;
        var cover = (skip + source.Length + StoreUnits.BlockBytes - 1) / StoreUnits.BlockBytes * StoreUnits.BlockBytes;
        var parts = expected.IsEmpty ? 1 : 2;
        var buffer = _context.Reactor.Buffers.Rent(parts * cover);
        var payload = buffer.Slice(0, parts * cover);
        payload.Span.Clear();
        source.Span.CopyTo(payload.Span[(payload.Length - cover + skip)..]);
        if (!expected.IsEmpty)
            expected.Span.CopyTo(payload.Span[skip..]);
        var call = connection.Rent();
        call.Operation = (byte)RemoteOperation.GroupModify;
        call.Arguments = RpcArguments.From(new GroupArguments
        {
            Space = id.Space,
            ObjectIndex = id.Index,
            Offset = offset,
            Length = source.Length,
            IsCompared = expected.IsEmpty ? 0 : 1,
            Token = primary.Tokens.At(operation.ArrivedNs),
            Operation = operation.Id,
            IsRepeated = operation.IsRepeated ? 1 : 0,
        });
        call.Payload = payload;
        var result = Finish(connection, call, await connection.CallAsync(call, RemoteReplica.TimeoutNs));
        buffer.Release();
        return result;
    }

    private async ValueTask<GroupResult> DescribeThereAsync(
        Peer primary, ObjectId id, int firstBlock, Memory<BlockDescription> blocks)
    {
        var connection = primary.Connection!;
        var bytes = PayloadList.BytesOf<WireDescription>(blocks.Length);
        var buffer = _context.Reactor.Buffers.Rent(bytes);
        var call = Rent(connection, RemoteOperation.GroupDescribe, id, firstBlock, blocks.Length, 0);
        call.Target = buffer.Slice(0, bytes);
        var result = Finish(connection, call, await connection.CallAsync(call, RemoteReplica.TimeoutNs));
        if (result.IsOk)
            WireDescription.Read(buffer.Slice(0, bytes), blocks.Span);

        buffer.Release();
        return result;
    }

    private static RpcCall Rent(
        RpcConnection connection,
        RemoteOperation operation,
        ObjectId id,
        int firstBlock,
        int blockCount,
        uint snapshotSequence,
        OperationStamp stamp = default)
    {
        var call = connection.Rent();
        call.Operation = (byte)operation;
        call.Arguments = RpcArguments.From(new GroupArguments
        {
            Space = id.Space,
            ObjectIndex = id.Index,
            SnapshotSequence = snapshotSequence,
            FirstBlock = (ushort)firstBlock,
            BlockCount = (ushort)blockCount,
            Token = stamp.ArrivedNs,
            Operation = stamp.Id,
            IsRepeated = stamp.IsRepeated ? 1 : 0,
        });
        return call;
    }

    // When the operation arrived, on the primary's clock.
    private static OperationStamp At(Peer primary, OperationStamp operation) =>
        operation with { ArrivedNs = primary.Tokens.At(operation.ArrivedNs) };

    private static GroupResult Finish(RpcConnection connection, RpcCall call, RpcStatus status)
    {
        var result = status == RpcStatus.Ok ? call.Answer.To<GroupAnswer>().Result : new GroupResult(GroupStatus.Unavailable);
        connection.Return(call);
        connection.AbortIfLate(status);
        return result;
    }
}
