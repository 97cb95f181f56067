using System.Net;
using System.Net.Sockets;

namespace Uss.NfsFrontend.Exports;

/// <summary>Whose identity is replaced by the anonymous one.</summary>
public enum Squash
{
    /// <summary>Root's: whoever is root on a client is nobody here.</summary>
    Root,

    /// <summary>Everybody's.</summary>
    All,

    /// <summary>Nobody's.</summary>
    None,
}

/// <summary>What some clients may do with an export.</summary>
public sealed record ExportRule
{
    /// <summary>The user and group "nobody" of most systems.</summary>
    public const uint Nobody = 65534;

    /// <summary>The clients: a host is a network with all bits set.</summary>
    public required IPNetwork Clients { get; init; }

    /// <summary>Whether they may only read.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Whose identity is replaced.</summary>
    public Squash Squash { get; init; }

    /// <summary>The user that takes its place.</summary>
    public uint AnonymousUser { get; init; } = Nobody;

    /// <summary>The group that takes its place.</summary>
    public uint AnonymousGroup { get; init; } = Nobody;

    /// <summary>True when the rule is about this client. An IPv4 client of a socket for both is one of IPv4.</summary>
    public bool Covers(IPAddress client)
    {
        var address = client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client;
        return address.AddressFamily == Clients.BaseAddress.AddressFamily && Clients.Contains(address);
    }

    /// <summary>How the network is written: a host without its length.</summary>
    public override string ToString()
    {
        var bits = Clients.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        return Clients.PrefixLength == bits ? Clients.BaseAddress.ToString() : Clients.ToString();
    }
}
