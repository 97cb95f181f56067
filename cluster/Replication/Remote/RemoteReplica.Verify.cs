using Uss.Store;

namespace Uss.Replication;

public sealed partial class RemoteReplica
{
    /// <inheritdoc/>
    public async ValueTask<StoreResult> VerifyAsync(GroupStamp stamp, ObjectId id, int firstBlock, Memory<BlockCheck> blocks)
    {
        if (peer.Connection is not { IsOpen: true } connection)
            return Unreachable;
        var bytes = PayloadList.BytesOf<WireCheck>(blocks.Length);
        var buffer = reactor.Buffers.Rent(bytes);
        var call = Rent(connection, RemoteOperation.ReplicaVerify, stamp, id, firstBlock, blocks.Length, 0, 0);
        call.Target = buffer.Slice(0, bytes);
        var result = Finish(connection, call, await connection.CallAsync(call, TimeoutNs));
        if (result.IsOk)
        {
            var checks = PayloadList.Read<WireCheck>(buffer.Slice(0, bytes), blocks.Length);
            for (var i = 0; i < checks.Length; i++)
                blocks.Span[i] = checks[i].Check;
        }

        buffer.Release();
        return result;
    }
}
