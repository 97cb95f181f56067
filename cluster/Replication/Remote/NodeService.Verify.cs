using Uss.Replication.Rpc;
using Uss.Store;

namespace Uss.Replication;

// Scrub of a member: the data is read and judged here, only the findings travel.
internal sealed partial class NodeService
{
    // Bounds the buffer that one question takes: 1 MiB.
    private const int MaximumVerifiedBlocks = 256;

    private async ValueTask VerifyReplicaAsync(RpcRequest request, ReplicaArguments arguments)
    {
        if (!IsSound(arguments, arguments.BlockCount)
            || arguments.BlockCount > MaximumVerifiedBlocks
            || request.AnswerPayloadLimit < PayloadList.BytesOf<WireCheck>(arguments.BlockCount))
        {
            request.Status = RpcStatus.BadRequest;
            return;
        }

        var blocks = new BlockCheck[arguments.BlockCount];
        var result = Find(arguments.Disk) is { } replica
            ? await replica.VerifyAsync(arguments.Stamp, arguments.Object, arguments.FirstBlock, blocks)
            : new StoreResult(StoreStatus.Closed);
        if (result.IsOk)
            PayloadList.Answer<WireCheck>(request, reactor, [.. blocks.Select(WireCheck.Of)]);
        request.Answer = RpcArguments.From(ReplicaAnswer.Of(result));
    }
}
