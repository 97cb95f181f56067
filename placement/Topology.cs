namespace Uss.Placement;

/// <summary>A disk and where it stands.</summary>
public sealed record TopologyDisk
{
    /// <summary>Identity, written on the disk when it was formatted.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its share of the data: bytes that data can occupy. 0 drains the disk.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>The node that it is attached to.</summary>
    public required string Node { get; init; }

    /// <summary>The rack that the node stands in.</summary>
    public string Rack { get; init; } = "rack";

    /// <summary>The site of the rack.</summary>
    public string Site { get; init; } = "site";

    /// <summary>Device class, for example <c>nvme</c> or <c>hdd</c>; pools may ask for one.</summary>
    public string Class { get; init; } = "any";

    /// <summary>Name of the failure domain that the disk belongs to: unique among all domains of that level.</summary>
    public string DomainName(FailureDomain level) => level switch
    {
        FailureDomain.Site => Site,
        FailureDomain.Rack => Site + "/" + Rack,
        FailureDomain.Node => Site + "/" + Rack + "/" + Node,
        _ => Id.ToString("N"),
    };
}

/// <summary>All disks of a cluster, in the order of their identities, so that equal sets give equal maps.</summary>
public sealed class Topology
{
    /// <summary>Creates the topology; the order of <paramref name="disks"/> does not matter.</summary>
    public Topology(IEnumerable<TopologyDisk> disks)
    {
        Disks = [.. disks.OrderBy(disk => disk.Id)];
        for (var i = 1; i < Disks.Count; i++)
        {
            if (Disks[i].Id == Disks[i - 1].Id)
                throw new ArgumentException($"disk {Disks[i].Id} is listed twice", nameof(disks));
        }
    }

    /// <summary>The disks, ordered by identity.</summary>
    public IReadOnlyList<TopologyDisk> Disks { get; }
}
