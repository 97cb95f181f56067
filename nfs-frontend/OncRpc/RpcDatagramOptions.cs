namespace Uss.NfsFrontend.OncRpc;

/// <summary>Bounds of a server by datagrams.</summary>
public sealed record RpcDatagramOptions
{
    /// <summary>Longest call in bytes; a longer one is not answered.</summary>
    public int MaxCallBytes { get; init; } = 8192;

    /// <summary>Longest reply in bytes; in place of a longer one the client is told that this way does not do.</summary>
    public int MaxReplyBytes { get; init; } = 8192;

    /// <summary>Most calls of one socket that have no answer yet; what comes then is dropped, and its client sends it again.</summary>
    public int MaxCalls { get; init; } = 256;

    /// <summary>How long a stop waits for calls that are under way.</summary>
    public long DrainTimeoutNs { get; init; } = 2_000_000_000;
}
