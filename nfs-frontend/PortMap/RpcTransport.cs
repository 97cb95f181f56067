namespace Uss.NfsFrontend.PortMap;

/// <summary>What a program is reached by; its names are the network identifiers of RFC 5665, 5.1.</summary>
public enum RpcTransport
{
    /// <summary><c>tcp</c>: TCP over IPv4.</summary>
    Tcp,

    /// <summary><c>udp</c>: UDP over IPv4.</summary>
    Udp,

    /// <summary><c>tcp6</c>: TCP over IPv6.</summary>
    Tcp6,

    /// <summary><c>udp6</c>: UDP over IPv6.</summary>
    Udp6,
}

/// <summary>What follows from a transport.</summary>
public static class RpcTransports
{
    /// <summary>The number of TCP in a mapping of version 2 (RFC 1833, 3.1).</summary>
    public const uint TcpProtocol = 6;

    /// <summary>The number of UDP in a mapping of version 2.</summary>
    public const uint UdpProtocol = 17;

    /// <summary>The transport of a family and kind.</summary>
    public static RpcTransport Of(bool isVersion6, bool isDatagram) => (isVersion6, isDatagram) switch
    {
        (false, false) => RpcTransport.Tcp,
        (false, true) => RpcTransport.Udp,
        (true, false) => RpcTransport.Tcp6,
        (true, true) => RpcTransport.Udp6,
    };

    /// <summary>The transport of a network identifier; null when it is none of ours.</summary>
    public static RpcTransport? Parse(ReadOnlySpan<byte> netId)
    {
        foreach (var transport in Enum.GetValues<RpcTransport>())
        {
            if (netId.SequenceEqual(transport.NetId()))
                return transport;
        }

        return null;
    }

    /// <summary>Its network identifier.</summary>
    public static ReadOnlySpan<byte> NetId(this RpcTransport transport) => transport switch
    {
        RpcTransport.Tcp => "tcp"u8,
        RpcTransport.Udp => "udp"u8,
        RpcTransport.Tcp6 => "tcp6"u8,
        _ => "udp6"u8,
    };

    /// <summary>Whether it is UDP.</summary>
    public static bool IsDatagram(this RpcTransport transport) => transport is RpcTransport.Udp or RpcTransport.Udp6;

    /// <summary>Whether it is over IPv6.</summary>
    public static bool IsVersion6(this RpcTransport transport) => transport is RpcTransport.Tcp6 or RpcTransport.Udp6;
}
