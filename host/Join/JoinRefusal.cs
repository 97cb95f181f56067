using Uss.Runtime;

namespace Uss.Host.Join;

/// <summary>Why a node may not join; a number on the wire.</summary>
internal enum JoinRefusal : byte
{
    /// <summary>No refusal.</summary>
    None = 0,

    /// <summary>The token is for another cluster.</summary>
    ForeignCluster = 1,

    /// <summary>The host does not speak this version.</summary>
    Version = 2,

    /// <summary>The guest does not know the token's secret.</summary>
    Proof = 3,

    /// <summary>The cluster has no such token, or its time is long over.</summary>
    Unknown = 4,

    /// <summary>The token has been used.</summary>
    Used = 5,

    /// <summary>The token's time is over.</summary>
    Expired = 6,

    /// <summary>A node of that name is in the cluster.</summary>
    NameTaken = 7,

    /// <summary>A node with that address is in the cluster.</summary>
    AddressTaken = 8,

    /// <summary>Too many attempts failed of late, or too many are under way.</summary>
    Busy = 9,

    /// <summary>The coordination store does not answer, or the node is still starting.</summary>
    Unavailable = 10,

    /// <summary>The request makes no sense: a name or an address that no node can have.</summary>
    BadRequest = 11,
}

/// <summary>The same for people.</summary>
internal static class JoinFaults
{
    public static Fault NoAnswer(IReadOnlyList<Endpoint> asked, string why) => new(
        "join-no-answer",
        $"No node of the cluster answers at {string.Join(", ", asked)}: {why}.",
        "See that a node runs there and that the network and firewalls let this machine reach that port; the token stays good.");

    public static Fault Impostor(Endpoint remote) => new(
        "join-impostor",
        $"What answers at {remote} does not know the token's secret, or its answer was changed on the way.",
        "Nothing was taken over. See that the address belongs to a node of your cluster, and make another token.");

    public static Fault Of(JoinRefusal refusal, Endpoint remote, string details)
    {
        var more = details.Length == 0 ? "" : $": {details}";
        return refusal switch
        {
            JoinRefusal.ForeignCluster => new Fault(
                "token-foreign",
                $"The token is for another cluster than the one that answers at {remote}.",
                "Make a token on a node of the cluster that this machine is to join: `uss cluster token`."),
            JoinRefusal.Version => new Fault(
                "join-version",
                $"The node at {remote} does not speak this program's version of the join protocol.",
                "Use the same release on all machines; upgrade the older one first."),
            JoinRefusal.Proof => new Fault(
                "token-refused",
                $"The node at {remote} does not accept the token's secret: it was not made with this cluster's key.",
                "Make another token on a node of the cluster: `uss cluster token`."),
            JoinRefusal.Unknown => new Fault(
                "token-unknown",
                $"The cluster does not know the token: its time is long over, or its record is gone{more}.",
                "Make another token on a node of the cluster: `uss cluster token`."),
            JoinRefusal.Used => new Fault(
                "token-in-use",
                $"The token has been used already{more}.",
                "A token is good for one node: make another one with `uss cluster token`."),
            JoinRefusal.Expired => new Fault(
                "token-expired",
                $"The token's time is over{more}.",
                "Make another one with `uss cluster token`; --expires says for how long."),
            JoinRefusal.NameTaken => new Fault(
                "node-exists",
                $"The cluster has a node of this name{more}.",
                "Give another name with --name; the token stays good."),
            JoinRefusal.AddressTaken => new Fault(
                "address-in-use",
                $"A node of the cluster has this address{more}.",
                "Give another address or port with --listen; the token stays good."),
            JoinRefusal.Busy => new Fault(
                "join-busy",
                $"The node at {remote} takes no more attempts to join for now: too many failed.",
                "Try again in a minute; the token stays good."),
            JoinRefusal.Unavailable => new Fault(
                "join-unavailable",
                $"The node at {remote} cannot answer: its cluster's coordination store does not answer, or it is still starting.",
                "See `uss status` there, then try again; unless the token was just used, it stays good."),
            JoinRefusal.BadRequest => new Fault(
                "bad-join", $"The node at {remote} does not take the name or address{more}.", "Give others with --name and --listen."),
            _ => Impostor(remote),
        };
    }
}
