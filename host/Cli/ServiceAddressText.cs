using System.Globalization;
using System.Net;
using Uss.Host.Serve;
using Uss.Runtime;
using Uss.Volumes.Addresses;

namespace Uss.Host.Cli;

/// <summary>Service addresses as people write them: <c>192.0.2.100/24</c>, <c>127.0.0.1:2049</c>.</summary>
internal static class ServiceAddressText
{
    /// <summary>Parses one.</summary>
    /// <param name="option">What was given, for what is wrong with it.</param>
    /// <param name="text">The address, perhaps with a port, perhaps with the length of its network.</param>
    /// <param name="home">The node whose address it is.</param>
    public static ServiceAddress Parse(string option, string text, string home)
    {
        var (address, length) = text.Split('/') switch
        {
            [var alone] => (alone, "0"),
            [var host, var bits] => (host, bits),
            _ => ("", ""),
        };
        var isAddress = IPAddress.TryParse(address, out var ip) && !address.StartsWith('[');
        var endpoint = isAddress ? new Endpoint(ip!, ServeOptions.NfsPort) : Endpoint.TryParse(address, out var given) ? given : default;
        if (endpoint == default || !byte.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var prefix) || prefix > 128)
        {
            throw CommandFailure.Usage(
                $"{option}: '{text}' is no address.", "Use HOST, HOST:PORT or either with the length of the network, for example 192.0.2.100/24.");
        }

        return new ServiceAddress { Ip = endpoint.Address.ToString(), Prefix = prefix, Port = endpoint.Port, Home = home };
    }

    /// <summary>Writes one as it is read.</summary>
    public static string Format(string ip, int prefix, int port)
    {
        var host = port == ServeOptions.NfsPort ? ip : new Endpoint(IPAddress.Parse(ip), port).ToString();
        return prefix == 0 ? host : $"{host}/{prefix}";
    }
}
