namespace Uss.WebUi.Contracts;

/// <summary>An address that NFS clients mount, and that moves between nodes, as the API shows it.</summary>
public sealed record ServiceAddressView
{
    /// <summary>The address.</summary>
    public required string Ip { get; init; }

    /// <summary>Bits of its network; 0: the nodes have it anyway.</summary>
    public required int Prefix { get; init; }

    /// <summary>The port of NFS.</summary>
    public required int Port { get; init; }

    /// <summary>The node that serves it while it can.</summary>
    public required string Home { get; init; }

    /// <summary>The node that serves it now; null: none.</summary>
    public required string? Node { get; init; }
}

/// <summary>Body of <c>PUT /api/v1/service-addresses</c>.</summary>
public sealed record SetServiceAddress
{
    /// <summary>The address.</summary>
    public required string Ip { get; init; }

    /// <summary>Bits of its network: the nodes put it on their devices there; null: as it is, 0 for a new one: they have it anyway.</summary>
    public int? Prefix { get; init; }

    /// <summary>The port of NFS; null: as it is, 2049 for a new one.</summary>
    public int? Port { get; init; }

    /// <summary>The node that serves it while it can; null: as it is.</summary>
    public string? Home { get; init; }
}
