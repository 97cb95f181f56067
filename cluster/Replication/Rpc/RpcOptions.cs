namespace Uss.Replication.Rpc;

/// <summary>How connections behave.</summary>
public sealed record RpcOptions
{
    /// <summary>The defaults.</summary>
    public static RpcOptions Default { get; } = new();

    /// <summary>Requests that the peer may have under way here at once: 1 to <see cref="RpcLimits.WindowRequests"/>.</summary>
    public int WindowRequests { get; init; } = 512;

    /// <summary>
    /// Bytes of payload, details and expected answers that the peer may have under way here at once: at least
    /// <see cref="RpcLimits.CallBytes"/>, so that every call fits, at most 1 GiB.
    /// </summary>
    public int WindowBytes { get; init; } = 32 << 20;

    /// <summary>Time for opening a TCP connection, in milliseconds.</summary>
    public int ConnectTimeoutMs { get; init; } = 2000;

    /// <summary>Time for the whole handshake, in milliseconds.</summary>
    public int HandshakeTimeoutMs { get; init; } = 2000;

    /// <summary>Lowest version of the protocol that this side speaks.</summary>
    public int MinimumVersion { get; init; } = 2;

    /// <summary>Highest version of the protocol that this side speaks.</summary>
    public int MaximumVersion { get; init; } = 2;

    /// <summary>With what this side encrypts; null: it does not. Nodes that differ in it refuse each other.</summary>
    public TlsIdentity? Tls { get; init; }

    /// <summary>Answers connections that are no node's; null: they are closed.</summary>
    public IGuestDesk? Guests { get; init; }
}

/// <summary>Limits of the protocol.</summary>
public static class RpcLimits
{
    /// <summary>Unit of payloads and of their checksums, bytes.</summary>
    public const int BlockBytes = 4096;

    /// <summary>Longest payload of a request or an answer, bytes.</summary>
    public const int PayloadBytes = 4 << 20;

    /// <summary>Longest details of a request or an answer, bytes.</summary>
    public const int DetailBytes = 64 << 10;

    /// <summary>Largest window in requests: it sizes a table.</summary>
    public const int WindowRequests = 4096;

    /// <summary>Largest window in bytes.</summary>
    public const int WindowBytes = 1 << 30;

    /// <summary>What the largest call takes of a window: payload, expected payload and details, bytes.</summary>
    public const int CallBytes = (2 * PayloadBytes) + DetailBytes;

    /// <summary>Longest name of a node, bytes of UTF-8.</summary>
    public const int NameBytes = 64;

    internal const int Blocks = PayloadBytes / BlockBytes;
}
