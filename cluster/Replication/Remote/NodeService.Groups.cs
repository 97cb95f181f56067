using System.Runtime.CompilerServices;
using Uss.Replication.Rpc;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

// Operations of front-ends on other nodes. A node that is not the group's primary says that it is unavailable here.
internal sealed partial class NodeService
{
    private readonly Stack<OwnerAnswer> _ownerAnswers = new();

    private ValueTask ReadGroupAsync(RpcRequest request, in GroupArguments arguments) =>
        IsRange(arguments.FirstBlock, arguments.BlockCount) && arguments.BlockCount * StoreUnits.BlockBytes <= request.AnswerPayloadLimit
            ? ReadGroupInnerAsync(request, arguments)
            : Refuse(request);

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask ReadGroupInnerAsync(RpcRequest request, GroupArguments arguments)
    {
        var result = new GroupResult(GroupStatus.NotServed);
        var turn = fence.Enter();
        if (FindServing(request, arguments) is { } group)
        {
            var bytes = arguments.BlockCount * StoreUnits.BlockBytes;
            var buffer = reactor.Buffers.Rent(bytes);
            var slice = buffer.Slice(0, bytes);
            result = await group.ReadAsync(arguments.Object, arguments.FirstBlock, slice, arguments.SnapshotSequence);
            if (result.Status is GroupStatus.Ok or GroupStatus.Damaged)
                request.AnswerPayload = slice;
            buffer.Release();
        }

        fence.Leave(turn);
        request.Answer = RpcArguments.From(GroupAnswer.Of(result));
    }

    private ValueTask WriteGroupAsync(RpcRequest request, in GroupArguments arguments) =>
        IsRange(arguments.FirstBlock, request.Payload.Length / StoreUnits.BlockBytes)
            ? WriteGroupInnerAsync(request, arguments)
            : Refuse(request);

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask WriteGroupInnerAsync(RpcRequest request, GroupArguments arguments)
    {
        var result = new GroupResult(GroupStatus.NotServed);
        var turn = fence.Enter();
        if (FindServing(request, arguments) is { } group)
        {
            result = await group.WriteAsync(
                arguments.Object,
                arguments.FirstBlock,
                request.Payload,
                request.Checksums,
                arguments.SnapshotSequence,
                arguments.Stamp);
        }

        fence.Leave(turn);
        request.Answer = RpcArguments.From(GroupAnswer.Of(result));
    }

    private ValueTask DiscardGroupAsync(RpcRequest request, in GroupArguments arguments) =>
        IsRange(arguments.FirstBlock, arguments.BlockCount) ? DiscardGroupInnerAsync(request, arguments) : Refuse(request);

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask DiscardGroupInnerAsync(RpcRequest request, GroupArguments arguments)
    {
        var result = new GroupResult(GroupStatus.NotServed);
        var turn = fence.Enter();
        if (FindServing(request, arguments) is { } group)
        {
            result = await group.DiscardAsync(
                arguments.Object,
                arguments.FirstBlock,
                arguments.BlockCount,
                arguments.SnapshotSequence,
                arguments.Stamp);
        }

        fence.Leave(turn);
        request.Answer = RpcArguments.From(GroupAnswer.Of(result));
    }

    private ValueTask ModifyGroupAsync(RpcRequest request, in GroupArguments arguments)
    {
        var skip = arguments.Offset % StoreUnits.BlockBytes;
        var parts = arguments.IsCompared == 0 ? 1 : 2;
        var isInside = arguments is { Offset: >= 0, Length: > 0 } && arguments.Offset <= StoreUnits.ObjectBytes - arguments.Length;
        return isInside && request.Payload.Length % parts == 0 && skip + arguments.Length <= request.Payload.Length / parts
            ? ModifyGroupInnerAsync(request, arguments)
            : Refuse(request);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask ModifyGroupInnerAsync(RpcRequest request, GroupArguments arguments)
    {
        var result = new GroupResult(GroupStatus.NotServed);
        var turn = fence.Enter();
        if (FindServing(request, arguments) is { } group)
        {
            var skip = arguments.Offset % StoreUnits.BlockBytes;
            var isCompared = arguments.IsCompared != 0;
            var source = request.Payload.Slice((isCompared ? request.Payload.Length / 2 : 0) + skip, arguments.Length);
            var expected = isCompared ? request.Payload.Slice(skip, arguments.Length) : default;
            result = await group.ModifyAsync(
                arguments.Object, arguments.Offset, source, expected, arguments.Stamp);
        }

        fence.Leave(turn);
        request.Answer = RpcArguments.From(GroupAnswer.Of(result));
    }

    private async ValueTask DescribeGroupAsync(RpcRequest request, GroupArguments arguments)
    {
        if (!IsRange(arguments.FirstBlock, arguments.BlockCount)
            || request.AnswerPayloadLimit < PayloadList.BytesOf<WireDescription>(arguments.BlockCount))
        {
            request.Status = RpcStatus.BadRequest;
            return;
        }

        var blocks = new BlockDescription[arguments.BlockCount];
        var result = FindServing(arguments) is { } group
            ? await group.DescribeAsync(arguments.Object, arguments.FirstBlock, blocks)
            : new GroupResult(GroupStatus.NotServed);
        if (result.IsOk)
            PayloadList.Answer<WireDescription>(request, reactor, [.. blocks.Select(WireDescription.Of)]);
        request.Answer = RpcArguments.From(GroupAnswer.Of(result));
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask CallOwnerAsync(RpcRequest request, GroupArguments arguments)
    {
        if (!_ownerAnswers.TryPop(out var answer))
            answer = new OwnerAnswer();
        answer.Length = 0;
        var isDone = await content.CallOwnerAsync(arguments.Space, request.Details, answer);
        request.AnswerDetails = answer.Buffer.AsMemory(0, answer.Length);
        request.Answer = RpcArguments.From(GroupAnswer.Of(isDone ? GroupResult.Ok : new GroupResult(GroupStatus.NotServed)));

        // The answer is copied when this ends, before anybody else is served.
        _ownerAnswers.Push(answer);
    }

    // The disk's key stands in place of an operation's number.
    private void NoteStray(RpcRequest request, in GroupArguments arguments)
    {
        var group = FindServing(arguments);
        if (group is not null)
            content.NoteStray(group, arguments.Operation);
        request.Answer = RpcArguments.From(GroupAnswer.Of(new GroupResult(group is null ? GroupStatus.NotServed : GroupStatus.Ok)));
    }

    // A front-end that does not know yet whom it has to shut out gets nothing done.
    private PlacementGroup? FindServing(RpcRequest request, in GroupArguments arguments) =>
        request.Connection.FenceNumber >= fence.Number ? FindServing(arguments) : null;

    private PlacementGroup? FindServing(in GroupArguments arguments) =>
        content.FindGroup(arguments.Object) is { IsWaitedFor: true } group ? group : null;
}
