using System.Runtime.CompilerServices;
using Uss.Placement;
using Uss.Replication.Rpc;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

/// <summary>Answers what other nodes ask: of this node's disks as members, and of the groups that it is primary of.</summary>
internal sealed partial class NodeService(PeerTable peers, INodeContent content, FrontEndFence fence, Reactor reactor) : IRpcService
{
    /// <inheritdoc/>
    public ValueTask HandleAsync(RpcRequest request)
    {
        switch ((RemoteOperation)request.Operation)
        {
            case RemoteOperation.Heartbeat:
                peers.Grant(request);
                return ValueTask.CompletedTask;
            case RemoteOperation.ReplicaRead:
                return ReadReplicaAsync(request, request.Arguments.To<ReplicaArguments>());
            case RemoteOperation.ReplicaWrite:
                return WriteReplicaAsync(request, request.Arguments.To<ReplicaArguments>());
            case RemoteOperation.ReplicaDiscard:
                return DiscardReplicaAsync(request, request.Arguments.To<ReplicaArguments>());
            case RemoteOperation.ReplicaDescribe:
                return DescribeReplicaAsync(request, request.Arguments.To<ReplicaArguments>());
            case RemoteOperation.ReplicaList:
                return ListReplicaAsync(request, request.Arguments.To<ReplicaArguments>());
            case RemoteOperation.ReplicaVerify:
                return VerifyReplicaAsync(request, request.Arguments.To<ReplicaArguments>());
            case RemoteOperation.GroupRead:
                return ReadGroupAsync(request, request.Arguments.To<GroupArguments>());
            case RemoteOperation.GroupWrite:
                return WriteGroupAsync(request, request.Arguments.To<GroupArguments>());
            case RemoteOperation.GroupModify:
                return ModifyGroupAsync(request, request.Arguments.To<GroupArguments>());
            case RemoteOperation.GroupDiscard:
                return DiscardGroupAsync(request, request.Arguments.To<GroupArguments>());
            case RemoteOperation.GroupDescribe:
                return DescribeGroupAsync(request, request.Arguments.To<GroupArguments>());
            case RemoteOperation.GroupStray:
                NoteStray(request, request.Arguments.To<GroupArguments>());
                return ValueTask.CompletedTask;
            case RemoteOperation.OwnerCall:
                return CallOwnerAsync(request, request.Arguments.To<GroupArguments>());
            default:
                request.Status = RpcStatus.UnknownOperation;
                return ValueTask.CompletedTask;
        }
    }

    // The store and the groups take what they are given for sound: whatever comes from the network is checked here.
    private static bool IsRange(int firstBlock, int blockCount) =>
        blockCount > 0 && firstBlock >= 0 && firstBlock + blockCount <= StoreUnits.BlocksPerObject;

    private static bool IsSound(in ReplicaArguments arguments, int blockCount) =>
        IsRange(arguments.FirstBlock, blockCount)
        && arguments.Version <= StoreUnits.MaximumVersion
        && arguments.Epoch <= BlockVersion.MaximumEpoch
        && SpaceId.PoolOf(arguments.Space) == arguments.Stamp.Group.Pool
        && IsOneOf(arguments);

    private static bool IsOneOf(in ReplicaArguments arguments) =>
        arguments.Groups <= PoolPolicy.MaximumGroups && (arguments.Group & 0xFFFFFF) < arguments.Groups;

    private LocalReplica? Find(ulong disk)
    {
        // By index: to enumerate an interface allocates.
        var disks = content.LocalDisks;
        for (var i = 0; i < disks.Count; i++)
        {
            if (ReplicaArguments.KeyOf(disks[i].DiskId) == disk)
                return disks[i];
        }

        return null;
    }

    private static ValueTask Refuse(RpcRequest request)
    {
        request.Status = RpcStatus.BadRequest;
        return ValueTask.CompletedTask;
    }

    private ValueTask ReadReplicaAsync(RpcRequest request, in ReplicaArguments arguments) =>
        IsSound(arguments, arguments.BlockCount) && arguments.BlockCount * StoreUnits.BlockBytes <= request.AnswerPayloadLimit
            ? ReadReplicaInnerAsync(request, arguments)
            : Refuse(request);

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask ReadReplicaInnerAsync(RpcRequest request, ReplicaArguments arguments)
    {
        var result = new StoreResult(StoreStatus.Closed);
        if (Find(arguments.Disk) is { } replica)
        {
            var bytes = arguments.BlockCount * StoreUnits.BlockBytes;
            var buffer = reactor.Buffers.Rent(bytes);
            var slice = buffer.Slice(0, bytes);
            result = await replica.ReadAsync(arguments.Stamp, arguments.Object, arguments.FirstBlock, slice, arguments.SnapshotSequence);

            // Blocks outside a damaged span are good, so that they go along.
            if (result.Status is StoreStatus.Ok or StoreStatus.Damaged)
                request.AnswerPayload = slice;
            buffer.Release();
        }

        request.Answer = RpcArguments.From(ReplicaAnswer.Of(result));
    }

    private ValueTask WriteReplicaAsync(RpcRequest request, in ReplicaArguments arguments) =>
        IsSound(arguments, request.Payload.Length / StoreUnits.BlockBytes) ? WriteReplicaInnerAsync(request, arguments) : Refuse(request);

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask WriteReplicaInnerAsync(RpcRequest request, ReplicaArguments arguments)
    {
        // A primary that has not heard yet that a volume is gone must not lose its members over it.
        var result = content.IsRemoved(arguments.Space) ? StoreResult.Ok : new StoreResult(StoreStatus.Closed);
        if (!result.IsOk && Find(arguments.Disk) is { } replica)
        {
            result = await replica.WriteAsync(arguments.Stamp, new StoreWrite
            {
                Id = arguments.Object,
                FirstBlock = arguments.FirstBlock,
                Source = request.Payload,
                Checksums = request.Checksums,
                Version = arguments.Version,
                SnapshotSequence = arguments.SnapshotSequence,
            });
        }

        request.Answer = RpcArguments.From(ReplicaAnswer.Of(result));
    }

    private ValueTask DiscardReplicaAsync(RpcRequest request, in ReplicaArguments arguments) =>
        IsSound(arguments, arguments.BlockCount) ? DiscardReplicaInnerAsync(request, arguments) : Refuse(request);

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask DiscardReplicaInnerAsync(RpcRequest request, ReplicaArguments arguments)
    {
        var result = new StoreResult(StoreStatus.Closed);
        if (Find(arguments.Disk) is { } replica)
        {
            result = await replica.DiscardAsync(
                arguments.Stamp,
                arguments.Object,
                arguments.FirstBlock,
                arguments.BlockCount,
                arguments.Version,
                arguments.SnapshotSequence);
        }

        request.Answer = RpcArguments.From(ReplicaAnswer.Of(result));
    }

    private async ValueTask DescribeReplicaAsync(RpcRequest request, ReplicaArguments arguments)
    {
        if (!IsSound(arguments, arguments.BlockCount)
            || request.AnswerPayloadLimit < PayloadList.BytesOf<WireDescription>(arguments.BlockCount))
        {
            request.Status = RpcStatus.BadRequest;
            return;
        }

        var blocks = new BlockDescription[arguments.BlockCount];
        var result = Find(arguments.Disk) is { } replica
            ? await replica.DescribeAsync(arguments.Stamp, arguments.Object, arguments.FirstBlock, blocks)
            : new StoreResult(StoreStatus.Closed);
        if (result.IsOk)
            PayloadList.Answer<WireDescription>(request, reactor, [.. blocks.Select(WireDescription.Of)]);
        request.Answer = RpcArguments.From(ReplicaAnswer.Of(result));
    }

    // Objects in the order of their names, from the one in the question on, as many as the asker has room for.
    private async ValueTask ListReplicaAsync(RpcRequest request, ReplicaArguments arguments)
    {
        // The count of groups stands in place of a snapshot sequence.
        var groups = (int)arguments.SnapshotSequence;
        if (groups <= arguments.Stamp.Group.Index || !IsOneOf(arguments) || arguments.Version > StoreUnits.MaximumVersion)
        {
            request.Status = RpcStatus.BadRequest;
            return;
        }

        var found = Find(arguments.Disk) is { } replica
            ? await replica.ListChangedSinceAsync(arguments.Stamp, groups, arguments.Version)
            : null;
        var page = (found ?? [])
            .Where(summary => (summary.Id.Space, summary.Id.Index).CompareTo((arguments.Space, arguments.ObjectIndex)) >= 0)
            .OrderBy(summary => summary.Id.Space).ThenBy(summary => summary.Id.Index)
            .Take(request.AnswerPayloadLimit / Unsafe.SizeOf<WireSummary>())
            .Select(WireSummary.Of)
            .ToArray();
        PayloadList.Answer<WireSummary>(request, reactor, page);
        var status = found is null ? StoreStatus.Closed : StoreStatus.Ok;
        request.Answer = RpcArguments.From(ReplicaAnswer.Of(new StoreResult(status), (uint)page.Length));
    }
}
