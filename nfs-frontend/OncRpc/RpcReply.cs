using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.OncRpc;

/// <summary>
/// The headers of replies (RFC 5531, 9: rpc_msg with reply_body).
/// <code>
/// accepted:  xid   1 = REPLY   0   verifier: AUTH_NONE, no bytes   accept_stat   [lowest, highest version]   results
/// denied:    xid   1 = REPLY   1   0 = RPC_MISMATCH   2   2
///            xid   1 = REPLY   1   1 = AUTH_ERROR     auth_stat
/// </code>
/// </summary>
public static class RpcReply
{
    /// <summary>Bytes of the header before the results of a call that succeeded.</summary>
    public const int AcceptedSize = 6 * 4;

    /// <summary>Most bytes of a reply without results.</summary>
    public const int MaximumSize = 8 * 4;

    private const uint Reply = 1;
    private const uint Accepted = 0;
    private const uint Denied = 1;

    /// <summary>Reads the reply to a call; false when it is none, or one to another call.</summary>
    /// <param name="message">The message.</param>
    /// <param name="xid">The call's number.</param>
    /// <param name="isSuccess">Whether the call succeeded.</param>
    /// <param name="resultsOffset">Where its results begin.</param>
    public static bool TryParse(ReadOnlySpan<byte> message, uint xid, out bool isSuccess, out int resultsOffset)
    {
        var reader = new XdrReader(message);
        var isReply = reader.UInt32() == xid & reader.UInt32() == Reply;
        var outcome = reader.UInt32();
        var isRead = reader.IsOk;
        reader.UInt32();
        reader.Opaque(RpcCall.MaximumAuthBytes);
        var status = (AcceptStatus)reader.UInt32();
        isSuccess = outcome == Accepted && reader.IsOk && status == AcceptStatus.Success;
        resultsOffset = reader.Position;
        return isReply && isRead;
    }

    /// <summary>Writes the header of an accepted call; results follow when it succeeded.</summary>
    public static void WriteAccepted(ref XdrWriter writer, uint xid, AcceptStatus status)
    {
        writer.UInt32(xid);
        writer.UInt32(Reply);
        writer.UInt32(Accepted);
        writer.UInt32((uint)AuthFlavor.None);
        writer.UInt32(0);
        writer.UInt32((uint)status);
    }

    /// <summary>Writes that the program has only other versions.</summary>
    public static void WriteProgramMismatch(ref XdrWriter writer, uint xid, uint lowest, uint highest)
    {
        WriteAccepted(ref writer, xid, AcceptStatus.ProgramMismatch);
        writer.UInt32(lowest);
        writer.UInt32(highest);
    }

    /// <summary>Writes that only version 2 of RPC is spoken here.</summary>
    public static void WriteRpcMismatch(ref XdrWriter writer, uint xid)
    {
        const uint rpcMismatch = 0;
        WriteDenied(ref writer, xid, rpcMismatch);
        writer.UInt32(RpcCall.RpcVersion);
        writer.UInt32(RpcCall.RpcVersion);
    }

    /// <summary>Writes that the caller's credentials are refused.</summary>
    public static void WriteAuthError(ref XdrWriter writer, uint xid, AuthStatus status)
    {
        const uint authError = 1;
        WriteDenied(ref writer, xid, authError);
        writer.UInt32((uint)status);
    }

    private static void WriteDenied(ref XdrWriter writer, uint xid, uint reason)
    {
        writer.UInt32(xid);
        writer.UInt32(Reply);
        writer.UInt32(Denied);
        writer.UInt32(reason);
    }
}
