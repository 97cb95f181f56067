namespace Uss.Target.Iscsi;

/// <summary>Identity and limits of an <see cref="IscsiTarget"/>. The defaults suit an appliance.</summary>
public sealed record IscsiTargetOptions
{
    /// <summary>Target portal group tag (RFC 7143, 13.9), 0 to 65535.</summary>
    public int PortalGroupTag { get; init; } = 1;

    /// <summary>Relative target port identifier, unique in the cluster, from 1.</summary>
    public int RelativeTargetPort { get; init; } = 1;

    /// <summary>TargetAlias (RFC 7143, 13.6); empty: none is declared.</summary>
    public string Alias { get; init; } = "";

    /// <summary>Longest data segment that this side receives, bytes (RFC 7143, 13.12).</summary>
    public int MaxRecvDataSegmentLength { get; init; } = 262144;

    /// <summary>Most outstanding R2Ts of a task (RFC 7143, 13.17), 1 to 8.</summary>
    public int MaxOutstandingR2T { get; init; } = OperationalNegotiation.LargestMaxOutstandingR2T;

    /// <summary>Commands that an initiator may have outstanding in a session, 1 to 128.</summary>
    public int CommandWindow { get; init; } = 128;

    /// <summary>Bytes of data buffers that the commands of one session may hold; one command is always let through.</summary>
    public long SessionDataBytes { get; init; } = 64L << 20;

    /// <summary>Bytes of data buffers of all sessions together; one command of each session is always let through.</summary>
    public long TotalDataBytes { get; init; } = 1L << 30;

    /// <summary>Time that a connection has to log in, milliseconds.</summary>
    public int LoginTimeoutMs { get; init; } = 15_000;

    /// <summary>Time without a PDU from the initiator after which it is pinged by NOP-In, milliseconds.</summary>
    public int KeepAliveIntervalMs { get; init; } = 5_000;

    /// <summary>Time that a pinged initiator has to answer, milliseconds.</summary>
    public int KeepAliveTimeoutMs { get; init; } = 5_000;

    /// <summary>Time that an initiator may leave what is sent to it unread, milliseconds.</summary>
    public int SendTimeoutMs { get; init; } = 30_000;

    /// <summary>Idle time after which a discovery session is closed, milliseconds.</summary>
    public int DiscoveryTimeoutMs { get; init; } = 60_000;

    /// <summary>Longest wait of a task management function or of a new session for running commands, milliseconds.</summary>
    public int TaskEndTimeoutMs { get; init; } = 10_000;

    /// <summary>Wait before a refused authentication is answered, milliseconds: bounds guessing.</summary>
    public int FailedLoginDelayMs { get; init; } = 1_000;

    /// <summary>Time that initiators have to log out when the target stops, milliseconds.</summary>
    public int DrainTimeoutMs { get; init; } = 3_000;

    /// <summary>Most connections.</summary>
    public int MaxConnections { get; init; } = 1024;

    /// <summary>Most connections from one address.</summary>
    public int MaxConnectionsPerAddress { get; init; } = 256;

    /// <summary>Most connections that have not logged in yet.</summary>
    public int MaxPendingLogins { get; init; } = 128;

    /// <summary>Most connections from one address that have not logged in yet.</summary>
    public int MaxPendingLoginsPerAddress { get; init; } = 32;
}
