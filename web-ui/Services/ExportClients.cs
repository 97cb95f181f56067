using System.Net;
using System.Net.Sockets;

namespace Uss.WebUi.Services;

/// <summary>The clients of an export's rule as people write them.</summary>
public static class ExportClients
{
    /// <summary>Stands for all clients.</summary>
    public const string All = "*";

    /// <summary>Brings the text for some clients into the one form in which it is kept.</summary>
    /// <param name="text">A network, an address, or <c>*</c>.</param>
    /// <param name="clients">The same clients: the address of a network with zeros behind its length, an IPv4 address as such.</param>
    /// <returns>False when it is none of these, or an address with a length that leaves parts of it over.</returns>
    public static bool TryNormalize(string text, out string clients)
    {
        text = text.Trim();
        clients = text;
        if (text == All)
            return true;
        if (TryParseHost(text, out var host))
        {
            clients = host.ToString();
            return true;
        }

        if (!text.Contains('/', StringComparison.Ordinal) || !IPNetwork.TryParse(text, out var network))
            return false;
        var known = network.PrefixLength == BitsOf(network.BaseAddress) ? network.BaseAddress.ToString() : network.ToString();
        clients = known;

        // Bits behind the length could be meant for one host, or be a slip.
        return IPAddress.TryParse(text[..text.IndexOf('/', StringComparison.Ordinal)], out var given) && given.Equals(network.BaseAddress);
    }

    /// <summary>The networks of clients in their one form: one of each family for <c>*</c>.</summary>
    public static IReadOnlyList<IPNetwork> NetworksOf(string clients)
    {
        if (clients == All)
            return [new IPNetwork(IPAddress.Any, 0), new IPNetwork(IPAddress.IPv6Any, 0)];
        return TryParseHost(clients, out var host) ? [new IPNetwork(host, BitsOf(host))] : [IPNetwork.Parse(clients)];
    }

    // A number alone is an address to the parser, but to nobody else.
    private static bool TryParseHost(string text, out IPAddress host)
    {
        if (!IPAddress.TryParse(text, out host!) || (!text.Contains(':', StringComparison.Ordinal) && text.Count(c => c == '.') != 3))
            return false;
        if (host.IsIPv4MappedToIPv6)
            host = host.MapToIPv4();
        return host.AddressFamily == AddressFamily.InterNetwork || host.ScopeId == 0;
    }

    private static int BitsOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
}
