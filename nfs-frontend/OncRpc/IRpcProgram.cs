namespace Uss.NfsFrontend.OncRpc;

/// <summary>One program of a server, for example NFS version 3.</summary>
public interface IRpcProgram
{
    /// <summary>Its number (RFC 5531, 13).</summary>
    uint Number { get; }

    /// <summary>The lowest version served.</summary>
    uint LowestVersion { get; }

    /// <summary>The highest version served.</summary>
    uint HighestVersion { get; }

    /// <summary>
    /// Where data begins that should come to lie on a page boundary, so that it goes to a disk as it is: in bytes from the start of the
    /// message; 0 when the call has none.
    /// </summary>
    /// <param name="call">The call's header.</param>
    /// <param name="head">The first bytes of the message: all of them, or as many as a data call needs before its data.</param>
    int DataOffset(in RpcCall call, ReadOnlySpan<byte> head);

    /// <summary>
    /// Handles a call. Calls of one connection run beside each other. When this completes, the request has been answered
    /// (<see cref="RpcRequest.Succeed()"/>, <see cref="RpcRequest.Fail"/> or <see cref="RpcRequest.Refuse"/>), or is not to be answered at all.
    /// </summary>
    ValueTask HandleAsync(RpcRequest request);
}
