namespace Uss.NfsFrontend.OncRpc;

/// <summary>Bounds of a server.</summary>
public sealed record RpcServerOptions
{
    /// <summary>Longest record in bytes: 1 MiB of data and what stands around it.</summary>
    public int MaxRecordBytes { get; init; } = (1 << 20) + 8192;

    /// <summary>Most connections.</summary>
    public int MaxConnections { get; init; } = 4096;

    /// <summary>Most calls of one connection that have no answer yet; what comes then stays in the socket.</summary>
    public int MaxCalls { get; init; } = 256;

    /// <summary>Most bytes of records under way on one connection; what comes then stays in the socket.</summary>
    public long MaxCallBytes { get; init; } = 32 << 20;

    /// <summary>
    /// A connection on which nothing came for so long, and which waits for no answer, is closed: clients connect anew when they need to.
    /// </summary>
    public long IdleTimeoutNs { get; init; } = 360_000_000_000;

    /// <summary>How long a stop waits for calls that are under way.</summary>
    public long DrainTimeoutNs { get; init; } = 2_000_000_000;
}
