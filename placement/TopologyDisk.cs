namespace Uss.Placement;

/// <summary>A disk and where it stands.</summary>
public sealed record TopologyDisk
{
    /// <summary>Identity, written on the disk when it was formatted.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its share of the data: bytes that data can occupy. A disk of weight 0 is drained.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>The node that it is attached to.</summary>
    public required string Node { get; init; }

    /// <summary>The rack that the node stands in.</summary>
    public string Rack { get; init; } = "rack";

    /// <summary>The site of the rack.</summary>
    public string Site { get; init; } = "site";

    /// <summary>Device class, for example <c>nvme</c> or <c>hdd</c>; pools may ask for one.</summary>
    public string Class { get; init; } = "any";

    /// <summary>Whether it gets its share or is being emptied.</summary>
    public DiskState State { get; init; }

    /// <summary>Bytes by which data is shared out: 0 while it drains.</summary>
    public long EffectiveWeightBytes => State == DiskState.Draining ? 0 : Math.Max(WeightBytes, 0);

    /// <summary>Name of the failure domain that the disk belongs to: unique among all domains of that level.</summary>
    public string DomainName(FailureDomain level) => level switch
    {
        FailureDomain.Site => Site,
        FailureDomain.Rack => Site + "/" + Rack,
        FailureDomain.Node => Site + "/" + Rack + "/" + Node,
        _ => Id.ToString(),
    };

    /// <summary>Name of the failure domain as a person calls it: without what stands above it.</summary>
    public string ShortDomainName(FailureDomain level) => level switch
    {
        FailureDomain.Site => Site,
        FailureDomain.Rack => Rack,
        FailureDomain.Node => Node,
        _ => Id.ToString(),
    };
}
