using System.Globalization;
using System.Net;

namespace Uss.Runtime;

/// <summary>A TCP or UDP address: an IP address and a port.</summary>
/// <param name="Address">IPv4 or IPv6 address.</param>
/// <param name="Port">Port; 0 asks for any free one when listening.</param>
public readonly record struct Endpoint(IPAddress Address, int Port)
{
    /// <summary>True for 127.0.0.0/8 and ::1.</summary>
    public bool IsLoopback => IPAddress.IsLoopback(Address);

    /// <summary>True when both are of IPv4, or both of IPv6.</summary>
    internal bool IsOfFamily(Endpoint other) => Address.AddressFamily == other.Address.AddressFamily;

    /// <summary>Parses <c>HOST:PORT</c>, with IPv6 hosts in brackets.</summary>
    public static bool TryParse(string text, out Endpoint endpoint)
    {
        endpoint = default;
        if (!IPEndPoint.TryParse(text, out var parsed) || !text.Contains(':', StringComparison.Ordinal))
            return false;
        endpoint = new Endpoint(parsed.Address, parsed.Port);
        return text.EndsWith(":" + parsed.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public override string ToString() => new IPEndPoint(Address, Port).ToString();
}
