using System.Net;
using System.Text.Json.Serialization;
using Uss.Coordination;

namespace Uss.Volumes.Addresses;

/// <summary>
/// An address that clients mount, and that one node at a time serves: another one when that is gone. As it lies in the coordination store
/// under <c>service-addresses/IP</c>.
/// </summary>
public sealed record ServiceAddress : ICheckedRecord
{
    /// <summary>The address, such as <c>192.0.2.100</c>.</summary>
    public required string Ip { get; init; }

    /// <summary>Bits of its network; 0: it is one that every machine has, as those of loopback.</summary>
    public int Prefix { get; init; }

    /// <summary>The port of NFS.</summary>
    public required int Port { get; init; }

    /// <summary>The node that serves it while it can.</summary>
    public required string Home { get; init; }

    /// <summary>Its key.</summary>
    [JsonIgnore]
    public string Key => ServiceAddressKeys.Addresses + Ip;

    /// <inheritdoc/>
    public string? FindFlaw() =>
        !IPAddress.TryParse(Ip, out _) ? $"'{Ip}' is no address"
        : Port is < 1 or > 65535 ? $"its port {Port} cannot be"
        : Home.Length == 0 ? "it has no home"
        : null;
}
