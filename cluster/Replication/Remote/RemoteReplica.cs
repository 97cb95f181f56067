using System.Runtime.CompilerServices;
using Uss.Replication.Rpc;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

/// <summary>A disk of another node as a member of placement groups.</summary>
/// <param name="peer">The node.</param>
/// <param name="diskId">The disk.</param>
/// <param name="reactor">The reactor of the groups.</param>
public sealed partial class RemoteReplica(Peer peer, Guid diskId, Reactor reactor) : IReplica
{
    // Whoever does not answer for so long is cut off; a connection notices a silent node long before.
    internal const long TimeoutNs = 30_000_000_000;

    // Most lists are short, and the other side looks anew for each page of a long one.
    private const int FirstListBytes = 64 << 10;
    private const int ListBytes = 1 << 20;

    private readonly ulong _key = ReplicaArguments.KeyOf(diskId);

    /// <inheritdoc/>
    public Guid DiskId => diskId;

    /// <inheritdoc/>
    public Peer Peer => peer;

    /// <inheritdoc/>
    public bool IsReachable => peer.IsConnected;

    /// <inheritdoc/>
    public long FreeBytes => peer.Disks.TryGetValue(diskId, out var disk) ? (disk.RoomBytes / peer.Sharers) - disk.WrittenSinceBytes : long.MaxValue;

    /// <inheritdoc/>
    public long ShareBytes => peer.Disks.TryGetValue(diskId, out var disk) ? disk.RoomBytes / peer.Sharers : long.MaxValue;

    private static StoreResult Unreachable => new(StoreStatus.Closed);

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<StoreResult> ReadAsync(GroupStamp stamp, ObjectId id, int firstBlock, BufferSlice target, uint snapshotSequence)
    {
        if (peer.Connection is not { IsOpen: true } connection)
            return Unreachable;
        var blocks = target.Length / StoreUnits.BlockBytes;
        var call = Rent(connection, RemoteOperation.ReplicaRead, stamp, id, firstBlock, blocks, 0, snapshotSequence);
        call.Target = target;
        return Finish(connection, call, await connection.CallAsync(call, TimeoutNs));
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<StoreResult> WriteAsync(GroupStamp stamp, StoreWrite write)
    {
        if (peer.Connection is not { IsOpen: true } connection)
            return Unreachable;
        peer.NoteWrite(diskId, write.Source.Length);
        var blocks = write.Source.Length / StoreUnits.BlockBytes;
        var call = Rent(
            connection, RemoteOperation.ReplicaWrite, stamp, write.Id, write.FirstBlock, blocks, write.Version, write.SnapshotSequence);
        call.Payload = write.Source;
        call.Checksums = write.Checksums;
        return Finish(connection, call, await connection.CallAsync(call, TimeoutNs));
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<StoreResult> DiscardAsync(
        GroupStamp stamp, ObjectId id, int firstBlock, int blockCount, ulong version, uint snapshotSequence)
    {
        if (peer.Connection is not { IsOpen: true } connection)
            return Unreachable;
        var call = Rent(connection, RemoteOperation.ReplicaDiscard, stamp, id, firstBlock, blockCount, version, snapshotSequence);
        return Finish(connection, call, await connection.CallAsync(call, TimeoutNs));
    }

    /// <inheritdoc/>
    public async ValueTask<StoreResult> DescribeAsync(GroupStamp stamp, ObjectId id, int firstBlock, Memory<BlockDescription> blocks)
    {
        if (peer.Connection is not { IsOpen: true } connection)
            return Unreachable;
        var bytes = PayloadList.BytesOf<WireDescription>(blocks.Length);
        var buffer = reactor.Buffers.Rent(bytes);
        var call = Rent(connection, RemoteOperation.ReplicaDescribe, stamp, id, firstBlock, blocks.Length, 0, 0);
        call.Target = buffer.Slice(0, bytes);
        var result = Finish(connection, call, await connection.CallAsync(call, TimeoutNs));
        if (result.IsOk)
            WireDescription.Read(buffer.Slice(0, bytes), blocks.Span);

        buffer.Release();
        return result;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ObjectSummary>?> ListChangedSinceAsync(GroupStamp stamp, int groups, ulong version)
    {
        var list = new List<ObjectSummary>();
        var next = default(ObjectId);
        for (var bytes = FirstListBytes; ; bytes = ListBytes)
        {
            if (peer.Connection is not { IsOpen: true } connection)
                return null;
            var most = bytes / Unsafe.SizeOf<WireSummary>();
            var buffer = reactor.Buffers.Rent(bytes);
            var call = Rent(connection, RemoteOperation.ReplicaList, stamp, next, 0, 0, version, (uint)groups);
            call.Target = buffer.Slice(0, bytes);
            var status = await connection.CallAsync(call, TimeoutNs);
            var answer = call.Answer.To<ReplicaAnswer>();
            var isGood = status == RpcStatus.Ok && answer.Result.IsOk && answer.Entries <= most;
            connection.Return(call);
            if (isGood)
            {
                foreach (var entry in PayloadList.Read<WireSummary>(buffer.Slice(0, bytes), (int)answer.Entries))
                    list.Add(entry.Summary);
            }

            buffer.Release();
            if (!isGood)
                return null;

            // A page that is not full is the last one.
            if (answer.Entries < most)
                return list;
            next = NextAfter(list[^1].Id);
        }
    }

    private static ObjectId NextAfter(ObjectId id) =>
        id.Index == uint.MaxValue ? new ObjectId(id.Space + 1, 0) : id with { Index = id.Index + 1 };

    private RpcCall Rent(
        RpcConnection connection,
        RemoteOperation operation,
        GroupStamp stamp,
        ObjectId id,
        int firstBlock,
        int blockCount,
        ulong version,
        uint snapshotSequence)
    {
        var call = connection.Rent();
        call.Operation = (byte)operation;
        call.Arguments = RpcArguments.From(new ReplicaArguments
        {
            Disk = _key,
            Operation = stamp.Operation,
            Space = id.Space,
            ObjectIndex = id.Index,
            Version = version,
            CleanVersion = stamp.CleanVersion,
            Epoch = stamp.Epoch,
            Group = ReplicaArguments.Pack(stamp.Group),
            Groups = (uint)stamp.Groups,
            SnapshotSequence = snapshotSequence,
            FirstBlock = (ushort)firstBlock,
            BlockCount = (ushort)blockCount,
        });
        return call;
    }

    private static StoreResult Finish(RpcConnection connection, RpcCall call, RpcStatus status)
    {
        var result = status == RpcStatus.Ok ? call.Answer.To<ReplicaAnswer>().Result : Unreachable;
        connection.Return(call);
        connection.AbortIfLate(status);
        return result;
    }
}
