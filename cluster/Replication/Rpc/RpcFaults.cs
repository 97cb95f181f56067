using Uss.Runtime;

namespace Uss.Replication.Rpc;

/// <summary>Why a handshake failed, in words. Codes of refusals begin with <c>rpc-refused-</c>.</summary>
internal static class RpcFaults
{
    /// <summary>How the codes of refusals begin.</summary>
    public const string RefusalCodes = "rpc-refused-";

    /// <summary>TLS found no keys.</summary>
    public const string TlsCode = "rpc-handshake-tls";

    /// <summary>One side refused the other.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="remote">The other side.</param>
    /// <param name="byPeer">The other side refused this one.</param>
    /// <param name="isEncrypting">This side encrypts.</param>
    public static Fault Refused(RpcRefusal reason, Endpoint remote, bool byPeer, bool isEncrypting)
    {
        var subject = byPeer ? $"{remote} refused this node" : $"The node at {remote} is refused";
        return reason switch
        {
            RpcRefusal.ForeignCluster => new Fault(
                "rpc-refused-cluster",
                $"{subject}: the two belong to different clusters.",
                "Check the address and the cluster ids of both nodes."),
            RpcRefusal.Version => new Fault(
                "rpc-refused-version",
                $"{subject}: there is no version of the protocol that both speak.",
                "Upgrade the older node, one release at a time."),
            RpcRefusal.Self => new Fault(
                "rpc-refused-self",
                $"{subject}: both have the same name.",
                "Check the address: it may be the node's own; or give one of two nodes another name."),
            RpcRefusal.Proof => new Fault(
                "rpc-refused-proof",
                $"{subject}: the proof of the cluster key is wrong.",
                "Check that both nodes have the same cluster key."),
            RpcRefusal.Tls => new Fault(
                "rpc-refused-tls",
                $"{subject}: {(isEncrypting ? "this node encrypts and that one does not" : "that node encrypts and this one does not")}.",
                "Either all nodes of a cluster encrypt or none: start the one that does not with --tls."),
            _ => Garbage(remote),
        };
    }

    public static Fault Garbage(Endpoint remote) => new(
        "rpc-handshake-garbage", $"What {remote} sends is no handshake.", "Check the address: something else may listen there.");

    public static Fault TlsFailed(Endpoint remote, string why) => new(
        TlsCode,
        $"TLS with {remote} failed: {why}",
        "See the log of that node; something between the two may change what they send.");

    public static Fault TimedOut(Endpoint remote) => new(
        "rpc-handshake-timeout", $"{remote} did not finish the handshake in time.", "Check the load of that node and the network.");

    public static Fault Ended(Endpoint remote, IoResult result) => new(
        "rpc-handshake-lost",
        $"The connection to {remote} ended in the handshake ({(result.IsOk ? "closed by the other side" : result.ToString())}).",
        "See the log of that node.");
}
