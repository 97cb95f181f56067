namespace Uss.Placement;

/// <summary>A failure domain by the name that a person gives it: <c>disk/ID</c>, <c>node/n2</c>, <c>rack/r1</c>, <c>site/s</c>.</summary>
/// <param name="Name">The name as given.</param>
/// <param name="Level">Its level.</param>
/// <param name="Disks">The disks in it, at least one.</param>
public sealed record DomainSelection(string Name, FailureDomain Level, IReadOnlyList<TopologyDisk> Disks)
{
    private const int ShortestDiskPrefix = 4;

    /// <summary>Finds the domain. A name that several racks or nodes of different sites have is told apart by what stands above
    /// it: <c>rack/SITE/RACK</c>, <c>node/SITE/RACK/NODE</c>. A disk may be named by the first 4 or more digits of its identity.</summary>
    /// <returns>The domain, or <c>bad-domain</c>, <c>unknown-domain</c> or <c>ambiguous-domain</c>.</returns>
    public static PlacementResult<DomainSelection> Find(Topology topology, string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var (kind, rest) = slash < 0 ? ("", "") : (name[..slash], name[(slash + 1)..]);
        FailureDomain? level = kind switch
        {
            "disk" => FailureDomain.Disk,
            "node" => FailureDomain.Node,
            "rack" => FailureDomain.Rack,
            "site" => FailureDomain.Site,
            _ => null,
        };
        if (level is not { } at || rest.Length == 0)
        {
            return new PlacementFault(
                "bad-domain", $"'{name}' does not name a failure domain.", "Write disk/ID, node/NAME, rack/NAME or site/NAME.");
        }

        var found = topology.Disks.Where(disk => IsNamed(disk, at, rest)).ToList();
        var domains = found.Select(disk => disk.DomainName(at)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (domains.Count == 1)
            return new DomainSelection(name, at, found);
        if (domains.Count > 1)
        {
            return new PlacementFault(
                "ambiguous-domain",
                $"'{name}' can be any of {domains.Count} {kind}s: {PlacementRules.List(domains)}.",
                $"Write the name in full, for example {kind}/{domains[0]}.");
        }

        var names = topology.Disks.Select(disk => disk.ShortDomainName(at)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return new PlacementFault(
            "unknown-domain",
            $"There is no {kind} '{rest}'.",
            topology.Disks.Count == 0 ? "Add disks first." : $"Name one of these: {PlacementRules.List(names)}.");
    }

    private static bool IsNamed(TopologyDisk disk, FailureDomain level, string name)
    {
        if (level != FailureDomain.Disk)
            return disk.ShortDomainName(level) == name || disk.DomainName(level) == name;
        if (Guid.TryParse(name, out var id))
            return disk.Id == id;
        return name.Length >= ShortestDiskPrefix && disk.Id.ToString().StartsWith(name, StringComparison.OrdinalIgnoreCase);
    }
}
