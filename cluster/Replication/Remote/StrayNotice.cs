using Uss.Replication.Rpc;
using Uss.Store;

namespace Uss.Replication;

/// <summary>Tells a group's primary what the group has left behind on a disk of this node: only he may have it discarded.</summary>
public static class StrayNotice
{
    /// <summary>Sends the notice; it may be lost, since it is sent again at the next look.</summary>
    /// <param name="primary">The primary's node.</param>
    /// <param name="id">One of the objects.</param>
    /// <param name="disk">The disk.</param>
    public static async ValueTask SendAsync(Peer primary, ObjectId id, Guid disk)
    {
        if (primary.Connection is not { IsOpen: true } connection)
            return;
        var call = connection.Rent();
        call.Operation = (byte)RemoteOperation.GroupStray;
        call.Arguments = RpcArguments.From(new GroupArguments
        {
            Space = id.Space,
            ObjectIndex = id.Index,
            Operation = ReplicaArguments.KeyOf(disk),
        });
        var status = await connection.CallAsync(call, RemoteReplica.TimeoutNs);
        connection.Return(call);
        connection.AbortIfLate(status);
    }
}
