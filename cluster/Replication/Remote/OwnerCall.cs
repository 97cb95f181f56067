using System.Runtime.CompilerServices;
using Uss.Replication.Rpc;
using Uss.Runtime;

namespace Uss.Replication;

/// <summary>A question to the owner of a metadata space at another node.</summary>
public static class OwnerCall
{
    /// <summary>Asks.</summary>
    /// <param name="owner">The node, connected.</param>
    /// <param name="space">The space.</param>
    /// <param name="request">What is asked; unchanged until the task completes.</param>
    /// <param name="answer">Takes the answer, which is cut off where it does not fit.</param>
    /// <returns>Bytes of the answer; -1 when it did not answer, or is not the owner.</returns>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public static async ValueTask<int> RunAsync(Peer owner, ulong space, ReadOnlyMemory<byte> request, BufferSlice answer)
    {
        var connection = owner.Connection!;
        var call = connection.Rent();
        call.Operation = (byte)RemoteOperation.OwnerCall;
        call.Arguments = RpcArguments.From(new GroupArguments { Space = space });
        call.Details = request;
        var status = await connection.CallAsync(call, RemoteReplica.TimeoutNs);
        var length = -1;
        if (status == RpcStatus.Ok && call.Answer.To<GroupAnswer>().Result.IsOk)
        {
            length = Math.Min(call.AnswerDetails.Length, answer.Length);
            call.AnswerDetails.Span[..length].CopyTo(answer.Span);
        }

        connection.Return(call);
        connection.AbortIfLate(status);
        return length;
    }
}
