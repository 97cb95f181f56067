using Uss.Replication.Rpc;

namespace Uss.Replication;

/// <summary>What becomes of a connection whose peer does not answer in time.</summary>
internal static class LateAnswers
{
    /// <summary>
    /// Ends the connection after a call that was not answered in time: such a peer cannot be told from one that will act
    /// later, so the connection goes, and with it whatever was under way.
    /// </summary>
    public static void AbortIfLate(this RpcConnection connection, RpcStatus status)
    {
        if (status == RpcStatus.TimedOut)
            connection.Abort("an operation took too long");
    }
}
